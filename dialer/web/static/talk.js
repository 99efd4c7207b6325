// Talking with a live agent: the token is asked for on a click, and Retell's kit joins with it.
(() => {
  const talk = document.getElementById("talk");
  const start = document.getElementById("start");
  if (!talk || !start) return;
  const mute = document.getElementById("mute");
  const leave = document.getElementById("leave");
  const state = document.getElementById("state");
  const said = document.getElementById("said");
  const SPEAKERS = { agent: "Agent", user: "You" };
  let client = null;
  let lines = []; // { role, content, shown }

  const tell = (text) => {
    state.textContent = text;
  };
  const show = (is) => {
    start.hidden = is.talking;
    start.disabled = is.waiting;
    mute.hidden = leave.hidden = !is.talking;
    mute.setAttribute("aria-pressed", "false");
    mute.textContent = "Mute";
  };

  // An update holds the last few sentences; the last one grows while it is spoken.
  const grows = (one, other) =>
    one.role === other.role &&
    (one.content.startsWith(other.content) || other.content.startsWith(one.content));
  const hear = (recent) => {
    if (!recent.length) return;
    let from = lines.length;
    for (let at = lines.length - 1; at >= Math.max(0, lines.length - recent.length); at--) {
      if (grows(lines[at], recent[0])) from = at;
    }
    recent.forEach((one, index) => {
      const known = lines[from + index];
      if (known) {
        known.content = one.content;
        known.shown.lastChild.textContent = ` ${one.content}`;
        return;
      }
      const shown = document.createElement("p");
      const speaker = document.createElement("span");
      shown.className = one.role;
      speaker.className = "speaker";
      speaker.textContent = SPEAKERS[one.role] || one.role;
      shown.append(speaker, ` ${one.content}`);
      said.append(shown);
      lines.push({ role: one.role, content: one.content, shown });
    });
  };

  // The kit is heavier than all pages together, so it comes when somebody wants to talk.
  const load = (address) =>
    new Promise((resolve, reject) => {
      if (self.retellClientJsSdk) return resolve();
      const kit = document.createElement("script");
      kit.src = address;
      kit.addEventListener("load", resolve);
      kit.addEventListener("error", reject);
      document.head.append(kit);
    });

  const over = (text) => {
    client = null;
    show({ talking: false, waiting: false });
    tell(text);
    start.focus();
  };

  const listen = (made) => {
    made.on("call_started", () => {
      show({ talking: true, waiting: false });
      tell("You are connected. The agent hears you.");
      leave.focus();
    });
    made.on("agent_start_talking", () => tell("The agent is talking."));
    made.on("agent_stop_talking", () => tell("The agent is listening."));
    made.on("update", (update) => hear(update.transcript || []));
    made.on("call_ended", () => over("The call is over. It was a test, and counts nowhere."));
    made.on("error", () => {
      if (client === made) over("The call did not come about: is the microphone allowed?");
    });
  };

  const begin = async () => {
    show({ talking: false, waiting: true });
    tell("Asking Retell for a call …");
    lines = [];
    said.replaceChildren();
    try {
      await load(talk.dataset.kit);
      const headers = { accept: "application/json" };
      const answer = await fetch(talk.dataset.start, { method: "POST", headers });
      const told = await answer.json();
      if (!answer.ok) return over(told.detail || told.title || "Retell made no call.");
      client = new self.retellClientJsSdk.RetellWebClient();
      listen(client);
      tell("Joining …");
      await client.startCall({ accessToken: told.access_token });
    } catch (error) {
      over("The server does not answer. Try again in a moment.");
    }
  };

  start.addEventListener("click", begin);
  leave.addEventListener("click", () => client && client.stopCall());
  mute.addEventListener("click", () => {
    if (!client) return;
    const muted = mute.getAttribute("aria-pressed") !== "true";
    muted ? client.mute() : client.unmute();
    mute.setAttribute("aria-pressed", String(muted));
    mute.textContent = muted ? "Unmute" : "Mute";
  });
  if (!self.isSecureContext) {
    start.disabled = true;
    tell("A browser gives the microphone only to pages that come over HTTPS.");
  } else {
    start.disabled = false;
  }
})();
