// What htmx and HTML do not do by themselves: say that a page is stale, lead on to the next field,
// and open dialogs where the browser does not know the attribute `command` yet.
(() => {
  const SILENT_MS = 12000; // a live page hears something every five seconds
  const stale = document.getElementById("stale");
  if (stale) {
    let since = new Date();
    const fresh = () => {
      since = new Date();
      stale.hidden = true;
    };
    const failed = () => {
      stale.querySelector("[data-since]").textContent = since.toLocaleTimeString([], { timeStyle: "long" });
      stale.hidden = false;
    };
    document.addEventListener("htmx:after:swap", fresh);
    document.addEventListener("alive", fresh);
    document.addEventListener("htmx:error", failed);
    document.addEventListener("htmx:response:error", failed);
    document.addEventListener("htmx:sse:error", (event) => {
      if (event.detail.status === 401) location.reload(); // signed out meanwhile
      else failed();
    });
    let over = false;
    document.addEventListener("htmx:sse:close", (event) => {
      over = event.detail.reason === "message";
    });
    if (document.querySelector("[data-hx-sse\\:connect]")) {
      setInterval(() => {
        if (!over && !document.hidden && new Date() - since > SILENT_MS) failed();
      }, 1000);
    }
  }
  // The field that somebody types into next, once what they sent was answered.
  document.addEventListener("htmx:after:swap", () => {
    document.querySelector("[data-focus]")?.focus();
  });
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[commandfor]");
      const dialog = button && document.getElementById(button.getAttribute("commandfor"));
      if (dialog) button.getAttribute("command") === "close" ? dialog.close() : dialog.showModal();
    });
  }
})();
