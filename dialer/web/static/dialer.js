// What htmx and HTML do not do by themselves: say that a page is stale, and open dialogs where
// the browser does not know the attribute `command` yet.
(() => {
  const stale = document.getElementById("stale");
  if (stale) {
    let since = new Date();
    document.addEventListener("htmx:after:swap", () => {
      since = new Date();
      stale.hidden = true;
    });
    const failed = () => {
      stale.querySelector("[data-since]").textContent = since.toLocaleTimeString();
      stale.hidden = false;
    };
    document.addEventListener("htmx:error", failed);
    document.addEventListener("htmx:response:error", failed);
  }
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[commandfor]");
      const dialog = button && document.getElementById(button.getAttribute("commandfor"));
      if (dialog) button.getAttribute("command") === "close" ? dialog.close() : dialog.showModal();
    });
  }
})();
