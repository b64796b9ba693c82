/** My data: what is kept, whether landmarks may be kept, everything to take along, and everything to delete. */

import { closeAccount, openAccount } from "../client/account.js";
import { deliverHeld } from "../client/heldSessions.js";
import { Problem, Rest } from "../client/rest.js";
import { byId, fill, h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { notice, stateOfError } from "../ui/notice.js";
import { openShell } from "../ui/shell.js";

/** @typedef {import("../client/restTypes.js").LearnerBody} LearnerBody */

const FILE_NAME = "storysign-my-data.zip";
const KEPT_PREFIX = "storysign";

const main = byId("main");
const shell = openShell("data");
const rest = new Rest();
void open();

async function open() {
  fill(main, head(), h("div", { class: "skeleton", "aria-busy": "true" }));
  const delivery = deliverHeld({ rest, onUnsaved: (/** @type {number} */ count) => shell.saved(count) });
  try {
    const learner = (await openAccount(rest)) ?? (await rest.me());
    fill(
      main,
      head(),
      h("div", { class: "data-list" }, whatIsKept(), consent(learner), exporting(), deleting(delivery)),
    );
  } catch (error) {
    fill(
      main,
      head(),
      notice(stateOfError(error), { actions: [{ label: "Try again", act: () => location.reload(), primary: true }] }),
    );
  }
}

function head() {
  return h(
    "header",
    { class: "page-head" },
    h("h1", {}, "My data"),
    h("p", { class: "lead" }, "What is yours stays yours."),
  );
}

function whatIsKept() {
  const line = (
    /** @type {import("../ui/icons.js").IconName} */ drawing,
    /** @type {string} */ what,
    /** @type {string} */ where,
  ) => h("li", {}, icon(drawing), h("strong", {}, what), h("span", { class: "soft" }, where));
  return h(
    "section",
    { class: "card", "aria-labelledby": "kept-title" },
    h("h2", { id: "kept-title" }, "What is kept"),
    h(
      "ul",
      { class: "kept" },
      line("camera", "Pictures", "Never. They do not leave this device."),
      line("hands", "Points of hands and arms", "Sent to be judged. Kept only if you say so."),
      line("good", "Marks and tips", "Kept for your progress."),
      line("waiting", "Your time zone", "Kept, to count your days."),
    ),
  );
}

/** @param {LearnerBody} learner */
function consent(learner) {
  const said = h("p", { class: "soft small", role: "status" });
  const box = h("input", { type: "checkbox", id: "consent", role: "switch", "aria-describedby": "consent-text" });
  box.checked = learner.landmark_consent;
  box.addEventListener("change", async () => {
    box.disabled = true;
    try {
      box.checked = (await rest.changeMe({ landmark_consent: box.checked })).landmark_consent;
      said.textContent = box.checked
        ? "Saved. The points of your next tries are kept."
        : "Saved. The points of your next tries are not kept.";
    } catch {
      box.checked = !box.checked;
      said.textContent = "This could not be saved. Check your network and try again.";
    }
    box.disabled = false;
    box.focus();
  });
  return h(
    "section",
    { class: "card switch-row", "aria-labelledby": "consent-title" },
    h(
      "div",
      {},
      h("h2", { id: "consent-title" }, h("label", { for: "consent" }, "Keep the points of my tries")),
      h(
        "p",
        { class: "soft", id: "consent-text" },
        "They show how your hands and arms moved, and help to make the marks better. You can change this at any time.",
      ),
      said,
    ),
    box,
  );
}

function exporting() {
  const said = h("p", { class: "soft small", role: "status" });
  const button = h("button", { type: "button", class: "button" }, icon("download"), "Take my data");
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = "One moment …";
    try {
      await download();
      said.textContent = `Done. The file is called ${FILE_NAME}.`;
    } catch {
      said.textContent = "The server did not answer. Check your network and try again.";
    }
    button.disabled = false;
    button.focus();
  });
  return row("export-title", "Take my data", "One file with everything that is kept of you.", button, said);
}

/** A link could not carry the learner's token. */
async function download() {
  const answer = await fetch("/v1/learners/me/export", {
    headers: { Authorization: `Bearer ${rest.token}` },
    cache: "no-store",
  });
  if (!answer.ok) throw new Problem({ status: answer.status });
  const address = URL.createObjectURL(await answer.blob());
  h("a", { href: address, download: FILE_NAME }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** @param {{close: () => void}} delivery */
function deleting(delivery) {
  const said = h("p", { class: "small", role: "status" });
  const confirmed = h("button", { type: "button", class: "button danger" }, icon("remove"), "Delete everything");
  const dialog = h(
    "dialog",
    { "aria-labelledby": "delete-ask" },
    h(
      "div",
      { class: "stack" },
      h("h2", { id: "delete-ask" }, "Delete everything?"),
      h("p", {}, "Your tries, marks and progress are removed for good. Nobody can bring them back."),
      said,
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", class: "button primary", onclick: () => dialog.close() }, "Keep it"),
        confirmed,
      ),
    ),
  );
  confirmed.addEventListener("click", async () => {
    confirmed.disabled = true;
    try {
      delivery.close();
      await rest.ask("DELETE", "/v1/learners/me");
      await forgetHere();
      dialog.close();
      fill(main, gone());
      shell.saved(0);
    } catch {
      confirmed.disabled = false;
      said.textContent = "The server did not answer. Nothing was deleted. Check your network and try again.";
    }
  });
  const button = h(
    "button",
    { type: "button", class: "button danger", onclick: () => dialog.showModal() },
    icon("remove"),
    "Delete my data …",
  );
  return row("delete-title", "Delete my data", "Removes everything, here and on the server.", button, dialog);
}

/** Removes what this browser keeps. */
async function forgetHere() {
  closeAccount();
  for (const key of Object.keys(localStorage)) if (key.startsWith(KEPT_PREFIX)) localStorage.removeItem(key);
  const databases = (await indexedDB.databases?.()) ?? [];
  for (const { name } of databases) if (name?.startsWith(KEPT_PREFIX)) indexedDB.deleteDatabase(name);
}

function gone() {
  return h(
    "section",
    { class: "notice centred", role: "alert" },
    h("span", { class: "notice-sign tone-good" }, icon("good")),
    h("h2", {}, "Everything is deleted"),
    h("p", {}, "You can start again at any time."),
    h("div", { class: "row" }, h("a", { class: "button primary", href: "/" }, "To the stories")),
  );
}

/**
 * @param {string} id
 * @param {string} title
 * @param {string} text
 * @param {HTMLElement} action
 * @param {HTMLElement} more
 */
function row(id, title, text, action, more) {
  return h(
    "section",
    { class: "card switch-row", "aria-labelledby": id },
    h("div", {}, h("h2", { id }, title), h("p", { class: "soft" }, text), more),
    action,
  );
}
