/** Practice: opens or goes on with a session, and hands over to the page. */

import { openAccount } from "../client/account.js";
import { keepForOffline } from "../client/offline.js";
import { Rest } from "../client/rest.js";
import { PracticeSession } from "../client/session.js";
import { byId, fill, h } from "../ui/dom.js";
import { goesOn } from "../ui/heldSession.js";
import { InLineNotice, whenThereIsAPlace } from "../ui/inLine.js";
import { notice, stateOfError } from "../ui/notice.js";
import { PracticePage } from "../ui/practicePage.js";
import { openShell } from "../ui/shell.js";

const VIDEO = { width: 640, height: 480, mirrored: false, fps: 30 };

const main = byId("main");
const shell = openShell("stories", { focused: true });
const rest = new Rest();
void keepForOffline();
void open();

async function open() {
  fill(main, h("div", { class: "skeleton", "aria-busy": "true" }));
  try {
    await openAccount(rest);
    const session = await openSession(new URLSearchParams(location.search));
    remember(session.id);
    document.title = `${session.title} · StorySign`;
    await new PracticePage(main, rest, session, shell).open();
  } catch (error) {
    const again = { label: "Try again", act: () => location.reload(), primary: true };
    const stories = { label: "To the stories", href: "/" };
    const state = stateOfError(error);
    const actions = state === "unreachable" || state === "fault" ? [again, stories] : [{ ...stories, primary: true }];
    fill(main, notice(state, { actions, centred: true }));
    if (state === "fault") throw error;
  }
}

/**
 * The session of the address; one of the same story that was begun in this browser; else a new one.
 * @param {URLSearchParams} query
 */
async function openSession(query) {
  const storyId = query.get("story");
  const glosses = query.get("glosses");
  const sessionId = query.get("session") ?? (storyId ? await begun(storyId) : null);
  if (sessionId) return PracticeSession.reopen({ rest, sessionId, video: VIDEO });
  const wish = glosses ? { glosses: glosses.split(" ") } : { story_id: storyId ?? "" };
  const line = new InLineNotice();
  return whenThereIsAPlace(
    () => PracticeSession.create({ rest, wish, video: VIDEO }),
    (place) => {
      if (!line.element.isConnected) fill(main, line.element);
      line.show(place);
    },
  );
}

/** @param {string} storyId */
async function begun(storyId) {
  const held = await PracticeSession.held();
  const open = held.find((session) => session.storyId === storyId && goesOn(session));
  return open?.sessionId ?? null;
}

/** A reload goes on with this session. @param {string} sessionId */
function remember(sessionId) {
  const query = new URLSearchParams(location.search);
  for (const name of ["story", "glosses"]) query.delete(name);
  query.set("session", sessionId);
  history.replaceState(null, "", `${location.pathname}?${query}`);
}
