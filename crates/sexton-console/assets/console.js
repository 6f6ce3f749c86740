// What pages cannot do by themselves: dialogs, buttons that wait for what is typed, and news.
// Everything here also works without it, on pages of its own, judged by the server.
"use strict";

const dialog = document.getElementById("dialog");
const toasts = document.getElementById("toasts");
const all = (within, selector) => [...within.querySelectorAll(selector)];
let opener = null;

// Pages

/** A page of the console. Whoever is no longer known is led to sign in. */
async function load(address, sent) {
  const answer = await fetch(address, { credentials: "same-origin", ...sent });
  const text = await answer.text();
  const page = new DOMParser().parseFromString(text, "text/html");
  if (new URL(answer.url).pathname.endsWith("/sign-in")) location.assign(answer.url);
  return { answer, page, url: answer.url };
}

/** What a page says went wrong, in a line. */
function complaint(page) {
  const said = page.querySelector("[data-problem], [data-failed]");
  return said ? said.textContent.trim() : "The server does not answer as it should.";
}

function toast(text, href, word) {
  const said = document.createElement("div");
  said.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  said.append(words);
  if (href) {
    const link = document.createElement("a");
    link.href = href;
    link.textContent = word || "Watch";
    said.append(link);
  }
  toasts.append(said);
  setTimeout(() => said.remove(), 9000);
}

/** Puts the parts of a page that is newer in the place of those that are shown. */
function renew(page) {
  for (const part of all(document, "[data-part]")) {
    const newer = page.getElementById(part.id);
    if (!newer || newer.isEqualNode(part)) continue;
    const chosen = new Set(all(part, "input[name=id]:checked").map((box) => box.value));
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const place = focused && (focused.getAttribute("href") || focused.value || focused.id);
    const fresh = document.adoptNode(newer);
    for (const box of all(fresh, "input[name=id]")) box.checked = chosen.has(box.value);
    for (const details of all(part, "details[open] > summary")) {
      const same = all(fresh, "details > summary").find((other) => other.textContent === details.textContent);
      if (same) same.parentElement.open = true;
    }
    part.replaceWith(fresh);
    if (place) {
      const same = all(fresh, "a, button, input").find(
        (other) => [other.getAttribute("href"), other.value, other.id].includes(place));
      if (same) same.focus();
    }
  }
  dress(document);
}

async function refresh() {
  try {
    const { answer, page } = await load(location.href);
    if (answer.ok) renew(page);
  } catch { /* The next time will tell. */ }
}

// Dialogs

async function open(address, from) {
  opener = from || opener;
  const waits = document.createElement("p");
  waits.className = "waits";
  waits.id = "dialog-title";
  waits.textContent = "Looking at what would happen…";
  dialog.replaceChildren(waits);
  if (!dialog.open) dialog.showModal();
  try {
    const { page } = await load(address);
    show(page);
  } catch {
    waits.textContent = "The server does not answer. Close this, and try again.";
  }
}

/** Shows the dialog of a page. What was typed before stays only where it is the same dialog. */
function show(page, kept) {
  const asked = page.querySelector("[data-dialog]") || page.querySelector("[data-failed]");
  if (!asked) return false;
  asked.classList.add("confirm");
  dialog.replaceChildren(document.adoptNode(asked));
  for (const [name, value] of Object.entries(kept || {})) {
    const field = dialog.querySelector(`form[data-confirm] [name="${name}"]`);
    if (field) field.value = value;
  }
  dress(dialog);
  const wrong = dialog.querySelector("[data-problem]");
  const first = dialog.querySelector("[data-expected]") || dialog.querySelector("[data-close]");
  if (wrong) wrong.scrollIntoView({ block: "nearest" });
  if (first) first.focus({ preventScroll: true });
  return true;
}

const typed = () => {
  const form = dialog.querySelector("form[data-confirm]");
  if (!form) return {};
  return { confirm: form.elements.confirm ? form.elements.confirm.value : "", reason: form.elements.reason ? form.elements.reason.value : "" };
};

function close() {
  if (dialog.dataset.busy) return;
  dialog.close();
}

dialog.addEventListener("cancel", (event) => { if (dialog.dataset.busy) event.preventDefault(); });
dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
dialog.addEventListener("close", () => {
  dialog.replaceChildren();
  if (opener && document.contains(opener)) opener.focus();
  opener = null;
});

/** Holds the button until what must be typed is typed, exactly. */
function hold(form) {
  const button = form.querySelector("button[type=submit]");
  const field = form.querySelector("[data-expected]");
  if (!button || !field) return;
  const fits = () => { button.disabled = field.value.trim() !== field.dataset.expected; };
  field.addEventListener("input", fits);
  fits();
}

function busy(form, is) {
  if (is) dialog.dataset.busy = "yes"; else delete dialog.dataset.busy;
  dialog.classList.toggle("busy", is);
  for (const part of all(dialog, "button, input, a")) {
    if (part.tagName === "A") part.setAttribute("aria-disabled", String(is));
    else if (part.type !== "hidden") part.disabled = is;
  }
  const button = form.querySelector("button[data-doing]");
  if (is && button) button.textContent = button.dataset.doing;
}

async function send(form) {
  const said = new URLSearchParams(new FormData(form));
  const kept = typed();
  const title = dialog.querySelector("#dialog-title").textContent.replace(/\?$/, "");
  busy(form, true);
  try {
    const { answer, page, url } = await load(form.action, { method: "POST", body: said });
    busy(form, false);
    if (answer.redirected && answer.ok) {
      const list = document.querySelector("[data-refresh]");
      if (!list) return location.assign(url);
      const state = page.querySelector("[data-notice]");
      dialog.close();
      toast(`${title}: ${state ? state.textContent : "asked for"}`, url);
      return refresh();
    }
    if (answer.status === 404) {
      dialog.close();
      toast(`${title}: it is not there any more.`);
      return refresh();
    }
    if (!show(page, { ...kept, confirm: "" })) throw new Error("no dialog");
  } catch {
    busy(form, false);
    const notice = document.createElement("p");
    notice.className = "notice bad";
    notice.setAttribute("role", "alert");
    notice.textContent = "No answer came. It may have been taken: sending it again does no harm.";
    form.before(notice);
    delete form.dataset.sent;
    hold(form);
    const button = form.querySelector("button[type=submit]");
    if (button) button.textContent = "Send again";
  }
}

/** Sends what needs no confirmation, and stays where it is. */
async function act(form) {
  try {
    const said = new URLSearchParams(new FormData(form));
    const { answer, page } = await load(form.action, { method: "POST", body: said });
    const notice = page.querySelector("[data-notice]");
    toast(answer.ok ? (notice ? notice.textContent : "Done.") : complaint(page));
  } catch {
    toast("The server does not answer.");
  }
  delete form.dataset.sent;
  refresh();
}

// What is clicked and sent

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest("a");
  if (!link) return;
  if (link.getAttribute("aria-disabled") === "true") return event.preventDefault();
  if (link.matches("[data-close]") && dialog.contains(link)) {
    event.preventDefault();
    close();
  } else if (link.matches("[data-open]")) {
    event.preventDefault();
    open(link.href, dialog.contains(link) ? null : link);
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const asked = () => `${form.action.split("?")[0]}?${new URLSearchParams(new FormData(form))}`;
  if (form.matches("[data-once]")) {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
  }
  if (form.matches("[data-confirm]") && dialog.contains(form)) {
    event.preventDefault();
    send(form);
  } else if (form.matches("[data-several]")) {
    event.preventDefault();
    if (form.querySelector("input[name=id]:checked")) open(asked(), event.submitter);
  } else if (form.matches("[data-open-form]") && form.action.endsWith("/delete")) {
    event.preventDefault();
    open(asked(), event.submitter);
  } else if (form.matches("[data-acts]")) {
    event.preventDefault();
    act(form);
  } else if (form.matches("[data-once]")) {
    const button = event.submitter;
    if (button && button.dataset.doing) button.textContent = button.dataset.doing;
  }
});

document.addEventListener("change", async (event) => {
  const options = event.target.closest("form[data-options]");
  if (options) {
    const kept = typed();
    const address = `${options.action.split("?")[0]}?${new URLSearchParams(new FormData(options))}`;
    if (!dialog.contains(options)) return location.assign(address);
    dialog.classList.add("busy");
    try { show((await load(address)).page, kept); } finally { dialog.classList.remove("busy"); }
    return;
  }
  const several = event.target.closest("form[data-several]");
  if (!several) return;
  if (event.target.matches("[data-all]")) {
    for (const box of all(several, "input[name=id]")) box.checked = event.target.checked;
  }
  count(several);
});

/** How many are chosen, on the button that acts on them. */
function count(form) {
  const boxes = all(form, "input[name=id]");
  const chosen = boxes.filter((box) => box.checked).length;
  for (const box of boxes) box.closest("tr").classList.toggle("chosen", box.checked);
  const every = form.querySelector("[data-all]");
  every.hidden = false;
  every.checked = chosen > 0 && chosen === boxes.length;
  every.indeterminate = chosen > 0 && chosen < boxes.length;
  form.querySelector("[data-chosen]").textContent = chosen ? `${chosen} chosen` : "Choose all on this page";
  const button = form.querySelector("[data-act]");
  button.dataset.says = button.dataset.says || button.textContent;
  button.textContent = chosen ? button.dataset.says.replace("chosen", String(chosen)) : button.dataset.says;
  button.disabled = chosen === 0;
}

// News

/** A deletion's page follows it: each change is one look at the page. */
function follow(part) {
  const events = new EventSource(part.dataset.live);
  const began = { at: Date.now(), left: Number(part.dataset.left) || 0 };
  events.addEventListener("deletion", async (event) => {
    const deletion = JSON.parse(event.data);
    if (deletion.is_ended) events.close();
    await refresh();
    pace(began, deletion.left || 0);
    if (deletion.is_ended) toast(`Deletion of ${deletion.thing}: ${deletion.state}.`);
  });
  addEventListener("pagehide", () => events.close());
}

/** How fast it goes, and how long what is left will take. */
function pace(began, left) {
  began.left = Math.max(began.left, left);
  const shown = document.querySelector("[data-progress]");
  if (!shown) return;
  const done = began.left - left;
  const secs = (Date.now() - began.at) / 1000;
  const bar = shown.querySelector("progress");
  bar.max = began.left || 1;
  bar.value = done;
  if (done > 0 && secs > 1) {
    const rate = done / secs;
    const words = rate >= 1 ? `${Math.round(rate)} a second` : `${Math.round(rate * 60)} a minute`;
    shown.querySelector("[data-rate]").textContent = `${words}, about ${span(left / rate)} left`;
  }
}

function span(secs) {
  if (secs < 90) return `${Math.max(1, Math.round(secs))} s`;
  if (secs < 5400) return `${Math.round(secs / 60)} min`;
  if (secs < 129600) return `${Math.round(secs / 3600)} h`;
  return `${Math.round(secs / 86400)} days`;
}

/** Lists are looked at again while somebody sees them, and nothing is open, chosen or written. */
const still = () =>
  document.hidden || dialog.open || document.querySelector("input[name=id]:checked") ||
  (document.activeElement && document.activeElement.matches("input, select, textarea"));
if (document.querySelector("[data-refresh]")) {
  setInterval(() => { if (!still()) refresh(); }, 5000);
  document.addEventListener("visibilitychange", () => { if (!still()) refresh(); });
}

// What pages are dressed with

function ago(time) {
  const secs = (Date.now() - Date.parse(time.dateTime)) / 1000;
  if (Number.isNaN(secs)) return;
  time.title = time.dateTime;
  time.textContent = secs < 0 ? `in ${span(-secs)}` : secs < 5 ? "just now" : `${span(secs)} ago`;
}

function dress(within) {
  all(within, "time").forEach(ago);
  all(within, "form[data-confirm]").forEach(hold);
  all(within, "form[data-several]").forEach(count);
}

dress(document);
setInterval(() => all(document, "time").forEach(ago), 30000);
const live = document.querySelector("[data-live]");
if (live) follow(live);
