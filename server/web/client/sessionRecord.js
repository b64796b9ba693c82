// What this browser knows of the sessions it keeps.

import { AttemptStore } from "./attemptStore.js";
import { Problem } from "./rest.js";

/** @typedef {import("./attemptStore.js").SessionRecord} SessionRecord */
/** @typedef {import("./constants.js").Hello} Hello */
/** @typedef {{width: number, height: number, mirrored?: boolean, fps?: number}} Video */

/**
 * A session that is kept in this browser; `unsaved` counts its attempts that the server does not have yet.
 * @typedef {Pick<SessionRecord, "title" | "storyId" | "sentences" | "status" | "completing" | "openedAtMs"> &
 *   {sessionId: string, unsaved: number}} HeldSession
 */

const CLIENT = "storysign-web 1";

/** The session is not kept in this browser. */
export class SessionNotHeld extends Error {
  constructor() {
    super("this session is not kept in this browser");
    this.name = "SessionNotHeld";
  }
}

/** @returns {Promise<AttemptStore | null>} null: some private windows keep nothing */
export async function openStore() {
  try {
    return await AttemptStore.open();
  } catch {
    return null;
  }
}

/** The sessions that are kept in this browser, newest first. @returns {Promise<HeldSession[]>} */
export async function heldSessions() {
  const store = await openStore();
  const sessions = (await store?.sessions()) ?? [];
  store?.close();
  return sessions.map(({ id, unsaved, ...session }) => ({ ...session, sessionId: id, unsaved: unsaved.length }));
}

/**
 * The record of a session that the server has just made.
 * @param {import("./restTypes.js").SessionBody} session
 * @param {Hello} hello
 * @returns {SessionRecord}
 */
export function newRecord(session, hello) {
  return {
    id: session.id,
    title: session.session_name,
    storyId: session.story_id,
    sentences: session.sentences,
    hello,
    nextAttempt: 1,
    status: session.status,
    completing: false,
    owner: crypto.randomUUID(),
    openedAtMs: Date.now(),
  };
}

/** @param {Video} video @param {import("./constants.js").LayoutName} layout @returns {Hello} */
export function helloOf({ width, height, mirrored = false, fps = 30 }, layout) {
  return { t: "hello", v: 1, layout, width, height, mirrored, fps, client: CLIENT, oldest: null };
}

/**
 * Up to which number the server has a session's attempts for good; 0 where it does not know the session.
 * @param {import("./rest.js").Rest} rest
 * @param {string} sessionId
 * @throws {Problem}
 */
export async function storedOnServer(rest, sessionId) {
  try {
    return (await rest.session(sessionId)).stored_through;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return 0;
    throw error;
  }
}
