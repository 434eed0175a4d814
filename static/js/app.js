const root = document.documentElement;
const body = document.body;
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
const on = (name, act) => document.addEventListener(name, act);
const shown = (element) => element && element.getClientRects().length > 0;

// Toasts: the server's HX-Trigger {"toast": {"text", "level"}}, and our own words for a lost connection.
function toast(text, level = "success") {
  const region = $("#toasts");
  if (!region || !text) return;
  const box = document.createElement("div");
  box.className = level === "error" || level === "warning" ? "toast toast-bad" : "toast";
  box.dataset.toast = "";
  const words = document.createElement("span");
  words.className = "pre";
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-sm btn-icon";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", body.dataset.close || "");
  close.textContent = "×";
  box.append(words, close);
  region.append(box);
  fade(box, level);
}

function fade(box, level) {
  // An error stays until it is read and closed.
  if (level === "error" || box.classList.contains("toast-bad")) return;
  let timer = setTimeout(() => box.remove(), 7000);
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => (timer = setTimeout(() => box.remove(), 3000)));
}

on("toast", (event) => toast(event.detail.text, event.detail.level));

// Theme: a cookie the server reads, so that the first paint is already right.
function switchTheme() {
  const dark = root.dataset.theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : root.dataset.theme === "dark";
  root.dataset.theme = dark ? "light" : "dark";
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${secure}`;
}

// Dialogs remember who opened them; the browser itself keeps the focus inside.
function openDialog(dialog) {
  if (!dialog || dialog.open) return;
  dialog.opener = document.activeElement;
  dialog.showModal();
}

document.addEventListener("close", (event) => event.target.opener?.isConnected && event.target.opener.focus(), true);
on("closeDialog", () => $$("dialog[open]").forEach((dialog) => dialog.close()));

// The contact form opens in the slot of its row and gives the focus back when it goes.
function slotOf(row) {
  let slot = $("[data-slot]", row) || $("[data-slot]", row.nextElementSibling?.matches(".slot-row") ? row.nextElementSibling : row);
  if (!slot && row.matches("tr")) {
    const line = document.createElement("tr");
    line.className = "slot-row";
    const cell = line.insertCell();
    cell.colSpan = row.cells.length;
    slot = cell.appendChild(document.createElement("div"));
    slot.dataset.slot = "";
    row.after(line);
  }
  return slot;
}

function openContact(row, opener) {
  const slot = slotOf(row);
  if (!slot || !window.htmx) return false;
  $$("[data-slot]").forEach((other) => other !== slot && other.replaceChildren());
  slot.opener = opener || row;
  window.htmx.ajax("GET", row.dataset.contactUrl, { target: slot, swap: "innerHTML" });
  return true;
}

function closeSlot(slot) {
  const opener = slot.opener?.isConnected ? slot.opener : slot.closest("[data-row]");
  slot.replaceChildren();
  opener?.focus();
}

on("closeSlot", (event) => {
  const slot = event.target.closest?.("[data-slot]") || $("[data-slot]:not(:empty)");
  if (slot) closeSlot(slot);
});

function contactAnywhere() {
  const call = $(".call-card [data-contact]");
  if (shown(call)) return call.click(), true;
  const row = document.activeElement.closest?.("[data-contact-url]") || $("[data-contact-url]");
  const log = $("[data-contact-log]");
  if (shown(log)) return focusFirst(log), true;
  return row ? openContact(row) : false;
}

function focusFirst(where) {
  const wanted = $("[aria-invalid=true]", where) || $("[autofocus]", where) || $("input:checked:not([type=hidden])", where)
    || $("input:not([type=hidden]):not(:disabled), select, textarea", where);
  if (wanted?.matches("fieldset")) ($("input", wanted) || wanted).focus();
  else wanted?.focus();
  return wanted;
}

// Keys, by event.code so that the Russian layout works; off while typing, in a dialog, or in the profile.
const typing = (element) =>
  element?.isContentEditable || element?.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
let going = 0;

function step(by) {
  const rows = $$("[data-row]").filter(shown);
  if (!rows.length) {
    const link = $(by > 0 ? "[data-key-next]" : "[data-key-previous]");
    return link ? (link.click(), true) : false;
  }
  const here = rows.indexOf(document.activeElement.closest?.("[data-row]"));
  const row = rows[Math.min(rows.length - 1, Math.max(0, here < 0 ? 0 : here + by))];
  row.tabIndex = -1;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
  return true;
}

function openRow() {
  const row = document.activeElement;
  if (!row.matches?.("[data-row]")) return false;
  const link = row.dataset.href ? null : $("a[href]", row);
  if (row.dataset.href) location.assign(row.dataset.href);
  else link?.click();
  return true;
}

function pressed(event) {
  const { code } = event;
  if (going && Date.now() - going < 1500) {
    going = 0;
    const link = $(`[data-go="${code.replace("Key", "")}"]`);
    return link ? (link.click(), true) : false;
  }
  going = 0;
  if (event.key === "?" || (code === "Slash" && event.shiftKey)) return openDialog($("#keys")), true;
  if (event.shiftKey) return false;
  if (code === "KeyG") return (going = Date.now()), true;
  if (code === "KeyJ") return step(1);
  if (code === "KeyK") return step(-1);
  if (code === "KeyC") return contactAnywhere();
  if (code === "Enter") return openRow();
  if (code === "Slash" || event.key === "/") return $("[data-key-search]")?.focus(), true;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code);
  if (digit) {
    const form = document.activeElement.closest?.("form:has([data-kinds])") || $("[data-slot] form:has([data-kinds])") || $("form:has([data-kinds])");
    const kind = form && $$("[data-kinds] input[type=radio]", form)[digit[1] - 1];
    return kind ? (kind.click(), kind.focus(), true) : false;
  }
  const link = $(`[data-key="${code}"]`);
  return link ? (link.click(), true) : false;
}

function escape() {
  const tip = document.activeElement.closest?.(".tip") || $(".tip:hover");
  if (tip && !("off" in tip.dataset)) {
    tip.dataset.off = "";
    const back = () => delete tip.dataset.off;
    tip.addEventListener("pointerleave", back, { once: true });
    tip.addEventListener("blur", back, { once: true });
    if (!tip.closest("details[open], [data-slot]")) return true;
  }
  const menu = document.activeElement.closest?.("details.menu[open]") || $("details.menu[open]");
  if (menu) return (menu.open = false), $("summary", menu).focus(), true;
  const slot = document.activeElement.closest?.("[data-slot]") || $("[data-slot]:not(:empty)");
  if (slot?.childElementCount) return closeSlot(slot), true;
  if (typing(document.activeElement)) return document.activeElement.blur(), true;
  return false;
}

on("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const inDialog = document.activeElement.closest?.("dialog[open]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = document.activeElement.closest?.("form") || $("[data-slot] form");
    if (form?.method === "post") event.preventDefault(), form.requestSubmit($("[data-default]", form));
    return;
  }
  if (event.key === "Escape" && !inDialog) return void (escape() && event.preventDefault());
  if (body.dataset.keys === "off" || inDialog) return;
  if (event.altKey && event.code === "KeyA") {
    const card = $(".call-card");
    if (card) event.preventDefault(), ($("a, button", card) || card).focus();
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey || typing(document.activeElement)) return;
  // Enter and Space belong to the control that has the focus, not to its row.
  if (event.code === "Enter" && !document.activeElement.matches("[data-row]")) return;
  if (pressed(event)) event.preventDefault();
});

// Clicks.
on("click", (event) => {
  const hit = (selector) => event.target.closest?.(selector);
  let found;
  if (hit("[data-theme-switch]")) switchTheme();
  else if ((found = hit("[data-dialog-open]"))) openDialog(document.getElementById(found.dataset.dialogOpen));
  else if ((found = hit("[data-dialog-close]"))) found.closest("dialog").close();
  else if ((found = hit("[data-toast-close]"))) found.closest("[data-toast]").remove();
  else if ((found = hit("[data-slot] [data-slot-close]"))) event.preventDefault(), closeSlot(found.closest("[data-slot]"));
  else if ((found = hit("[data-close]:not(body)"))) found.closest(found.dataset.close)?.remove();
  else if ((found = hit("[data-print]"))) window.print();
  else if ((found = hit("[data-copy]"))) navigator.clipboard?.writeText(found.dataset.copy);
  else if ((found = hit("[data-set-date]"))) setDate(found);
  else if ((found = hit("[data-bulk-every]"))) selectEvery(found);
  else if ((found = hit("[data-bulk-clear]"))) clearBulk(found.closest("[data-bulk]"));
  else if ((found = hit("[data-contact-any]"))) contactAnywhere() && event.preventDefault();
  else if ((found = hit("[data-contact]")) && !event.ctrlKey && !event.metaKey) {
    const row = found.closest("[data-contact-url]");
    if (row && openContact(row, found)) event.preventDefault();
  }
  $$("details.menu[open]").forEach((menu) => !menu.contains(event.target) && (menu.open = false));
});
// Only one menu at a time.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.menu[open]")) $$("details.menu[open]").forEach((menu) => menu !== event.target && (menu.open = false));
}, true);

// Dates: quick buttons, and answers that bring a date with them («no answer» → tomorrow).
const fieldOf = (from, name) => (from.closest("form") || document).querySelector(`[name="${name}"]`);

function fill(field, value) {
  field.value = field.type === "datetime-local" && !value.includes("T") ? `${value}T${field.value.split("T")[1] || "10:00"}` : value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function setDate(button) {
  const field = fieldOf(button, button.dataset.for);
  if (field) fill(field, button.dataset.setDate);
}

function pressDates(field) {
  $$(`[data-set-date][data-for="${field.name}"]`, field.form || document).forEach((button) =>
    button.setAttribute("aria-pressed", field.value.startsWith(button.dataset.setDate)));
}

function answerSets(target) {
  const source = target.matches("select") ? target.selectedOptions[0] : target;
  for (const pair of (source?.dataset.sets || "").split("|").filter(Boolean)) {
    const [name, value] = pair.split("=");
    const field = fieldOf(target, name);
    if (field && !field.touched) fill(field, value);
  }
}

// Fields that matter only under some answer: data-show-when="result=refused|callback".
function showWhen(form) {
  for (const part of $$("[data-show-when]", form)) {
    const [name, wanted] = part.dataset.showWhen.split("=");
    const fields = $$(`[name="${name}"]`, form);
    const values = fields.filter((f) => !/radio|checkbox/.test(f.type) || f.checked).map((f) => f.value);
    const visible = wanted.split("|").some((value) => values.includes(value));
    part.hidden = !visible;
    $$("input, select, textarea, button", part).forEach((field) => (field.disabled = !visible));
  }
}

// Selection and its bar.
function countBulk(scope) {
  const items = $$("[data-bulk-item]", scope);
  const chosen = items.filter((item) => item.checked).length;
  const bar = $("[data-bulk-bar]", scope);
  if (bar) bar.hidden = !chosen;
  const every = $("[data-bulk-every-field]", scope);
  if (every && chosen < items.length) every.value = "";
  $$("[data-bulk-count]", scope).forEach((place) => (place.textContent = every?.value ? place.dataset.all || chosen : chosen));
  const all = $("[data-bulk-all]", scope);
  if (all) (all.checked = chosen > 0 && chosen === items.length), (all.indeterminate = chosen > 0 && chosen < items.length);
}

function setBulk(scope, checked) {
  $$("[data-bulk-item]", scope).forEach((item) => (item.checked = checked));
  countBulk(scope);
}

function clearBulk(scope) {
  setBulk(scope, false);
  $("[data-bulk-all]", scope)?.focus();
}

function selectEvery(button) {
  const scope = button.closest("[data-bulk]");
  const field = $("[data-bulk-every-field]", scope);
  $$("[data-bulk-item]", scope).forEach((item) => (item.checked = true));
  if (field) field.value = "1";
  countBulk(scope);
}

// Drafts survive a lost network and a reload; a saved form forgets its own.
const draftKey = (form) => `draft:${form.dataset.draft}`;
const draftable = (field) => field.name && !/^(hidden|password|file|submit|button)$/.test(field.type);

function saveDraft(form) {
  const kept = {};
  for (const field of form.elements) {
    if (!draftable(field)) continue;
    if (!/radio|checkbox/.test(field.type)) kept[field.name] = field.value;
    else if (field.checked) kept[field.name] = [...[kept[field.name] || []].flat(), field.value];
  }
  sessionStorage.setItem(draftKey(form), JSON.stringify(kept));
}

function restoreDraft(form) {
  const text = sessionStorage.getItem(draftKey(form));
  if (!text || $("[aria-invalid=true]", form)) return;
  const kept = JSON.parse(text);
  for (const field of form.elements) {
    if (!draftable(field) || !(field.name in kept)) continue;
    if (/radio|checkbox/.test(field.type)) field.checked = [kept[field.name]].flat().includes(field.value);
    else field.value = kept[field.name];
  }
}

// A saved form that leaves the page still reports its last change: that must not bring the draft back.
function forget(form) {
  if (!form?.dataset?.draft) return;
  form.saved = true;
  sessionStorage.removeItem(draftKey(form));
}

on("input", (event) => {
  const field = event.target;
  if (event.isTrusted) field.touched = true;
  const form = field.form;
  if (!form?.dataset.draft) return;
  form.saved = false;
  saveDraft(form);
});
on("change", (event) => {
  const field = event.target;
  if (field.matches("[data-bulk-all]")) setBulk(field.closest("[data-bulk]"), field.checked);
  else if (field.matches("[data-bulk-item]")) countBulk(field.closest("[data-bulk]"));
  if (field.matches("[data-submit-on-change]")) field.form.requestSubmit();
  if (!field.form) return;
  answerSets(field);
  showWhen(field.form);
  if (field.name) pressDates(field);
  if (field.form.dataset.draft && !field.form.saved) saveDraft(field.form);
});

// One save for a double click: the button rests while its request is under way.
function rest(form, busy) {
  for (const button of $$("button:not([type=button])", form)) {
    if (busy) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
  form.inFlight = busy;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.inFlight) return event.preventDefault(), event.stopImmediatePropagation();
  // Half a date would arrive as no date at all: what only the browser can see, it tells itself.
  const garbled = [...form.elements].find((field) => field.validity?.badInput);
  if (garbled) return event.preventDefault(), event.stopImmediatePropagation(), void garbled.reportValidity();
  if (!form.matches("[hx-post], [hx-put], [hx-delete], [hx-patch]")) rest(form, true), forget(form);
}, true);
// A page taken from the back-forward cache must not keep its buttons resting.
window.addEventListener("pageshow", () => $$("form").forEach((form) => form.inFlight && rest(form, false)));

on("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = $("meta[name=csrf-token]")?.content || "";
});
on("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches?.("form")) return;
  if (form.inFlight) return event.preventDefault();
  if (form.method === "post") rest(form, true);
});
// Before the swap: afterwards the saved form may no longer be in the page.
on("htmx:beforeOnLoad", (event) => {
  const { elt, xhr, requestConfig } = event.detail;
  if (elt.matches?.("form") && requestConfig?.verb !== "get" && xhr.status >= 200 && xhr.status < 300) forget(elt);
});
on("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig?.elt || event.detail.elt;
  if (form.matches?.("form")) rest(form, false);
});
on("htmx:sendError", () => toast(body.dataset.lost, "error"));
on("htmx:timeout", () => toast(body.dataset.lost, "error"));
on("htmx:responseError", (event) => {
  if (!event.detail.xhr.getResponseHeader("HX-Redirect") && !/toast/.test(event.detail.xhr.getResponseHeader("HX-Trigger") || "")) toast(body.dataset.failed, "error");
});
on("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  if (target.id === "dialog-body" && target.childElementCount) openDialog($("#dialog"));
});
// A live answer renews the sentences beside the fields; the fields themselves stay, and say that they are wrong.
function tellFields() {
  for (const place of $$("[data-problem-of]")) {
    const field = document.getElementById(place.dataset.problemOf);
    if (!field) continue;
    const error = $(".errors", place);
    const told = (field.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && !id.endsWith("_error"));
    if (error) field.setAttribute("aria-invalid", "true"), told.push(error.id);
    else field.removeAttribute("aria-invalid");
    told.length ? field.setAttribute("aria-describedby", told.join(" ")) : field.removeAttribute("aria-describedby");
  }
}
on("htmx:afterSettle", (event) => {
  const place = event.detail.elt;
  if (place.id === "answer") tellFields();
  const status = event.detail.xhr?.status;
  if (status === 422 || status === 409) {
    const bad = place.matches?.("[aria-invalid=true]") ? place : $("[aria-invalid=true]", place);
    if (bad) return void focusFirst(bad.parentElement);
    const alert = place.matches?.("[role=alert]") ? place : $("[role=alert]", place);
    if (alert) (alert.tabIndex = -1), alert.focus();
    return;
  }
  const home = place.closest?.("[data-slot], #dialog-body");
  if (home) focusFirst(home);
});

// Countdowns tell minutes; the last one asks the page to refresh itself.
function tick() {
  for (const place of $$("[data-countdown]")) {
    const left = Math.max(0, Math.ceil((new Date(place.dataset.countdown) - Date.now()) / 60000));
    const { hours = "", minutes = "" } = place.dataset;
    const small = (text) => Object.assign(document.createElement("small"), { textContent: ` ${text} ` });
    const parts = left >= 60 ? [Math.floor(left / 60), small(hours), left % 60, small(minutes)] : [left, small(minutes)];
    place.replaceChildren(...parts.map((part) => (typeof part === "number" ? String(part) : part)));
    if (left || "over" in place.dataset) continue;
    place.dataset.over = "";
    place.dispatchEvent(new CustomEvent("countdown-end", { bubbles: true }));
  }
}

// Everything a fresh piece of page needs.
function wake(where) {
  const forms = where.matches?.("form") ? [where] : $$("form", where);
  for (const form of forms) {
    // A wrong field is told by the server: in the person's language, beside the field, the same on every browser.
    if (form.method === "post") form.noValidate = true;
    if (form.dataset.draft) restoreDraft(form);
    showWhen(form);
    $$("[data-set-date]", form).map((button) => fieldOf(button, button.dataset.for)).forEach((field) => field && pressDates(field));
  }
  $$("[data-bulk]", where).forEach(countBulk);
  $$("[data-toast]", where).forEach((box) => fade(box));
  tick();
}

on("htmx:load", (event) => event.detail.elt !== body && wake(event.detail.elt));
wake(document);
setInterval(tick, 15000);
const bad = $("[aria-invalid=true]");
if (bad) focusFirst(bad.closest("form") || document);
