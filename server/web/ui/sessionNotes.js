/** Says in the banners what happens to tries that the learner should know, whatever the page is doing. */

import { LOST } from "./words.js";

/** @typedef {import("../client/session.js").PracticeSession} PracticeSession */
/** @typedef {import("./connectionBanner.js").ConnectionBanner} ConnectionBanner */

/** @param {PracticeSession} session @param {ConnectionBanner} banner */
export function sayNotes(session, banner) {
  const sayUnkept = () => {
    banner.note("storage", "This browser keeps nothing. Leave this page open until all is saved.");
  };
  if (!session.persistent) sayUnkept();
  session.on("persistence", sayUnkept);
  session.on("lost", ({ reason }) => {
    banner.note("lost", `${LOST[reason] ?? "A try could not be kept."} Please sign it again.`);
  });
  session.on("interrupted", ({ kept }) => {
    const text = kept ? "What we have of it will be judged." : "It was too short: please sign it again.";
    banner.note("interrupted", `Your last try was cut off. ${text}`);
  });
  session.on("trouble", ({ name, text }) => {
    if (name === "STORE_DELAYED")
      banner.note("saving", "Saving takes longer than usual. Practise on: nothing is lost.");
    else banner.note("trouble", text);
  });
  session.on("stored", () => banner.note("saving", ""));
}
