// Tickets for the connections of one session. Each opens one connection, whether that succeeds or not; so none is
// offered twice.

import { Problem } from "./rest.js";
import { hasEnded } from "./sessionWish.js";

/** @typedef {import("./constants.js").Status["status"]} SessionStatus */

/** @typedef {{ticket: string, readyInMs: number}} Ticket `readyInMs`: about how long the session's process takes to start */

/** What REST would say to the wish for a ticket of a session that has ended. */
const ENDED = { status: 409, code: "session_status", detail: "The session has ended." };

export class Tickets {
  #rest;
  #sessionId;
  /** The one that came with the session. @type {Ticket | null} */
  #first = null;

  /** @param {import("./rest.js").Rest} rest @param {string} sessionId */
  constructor(rest, sessionId) {
    this.#rest = rest;
    this.#sessionId = sessionId;
  }

  /** The ticket that came with a new session. @param {import("./restTypes.js").TicketBody} body */
  take(body) {
    this.#first = ticketOf(body);
  }

  /**
   * @param {{offered: string | null, status: SessionStatus, onStatus: (status: SessionStatus) => void}} known the ticket
   *   that came over the last connection, and the session's status as last heard; `onStatus` hears a newer one
   * @returns {Promise<Ticket>}
   * @throws {Problem} where the server gives none, or the session has ended
   */
  async next({ offered, status, onStatus }) {
    const ticket = this.#first ?? (offered === null ? null : { ticket: offered, readyInMs: 0 });
    this.#first = null;
    if (hasEnded(status)) throw new Problem(ENDED);
    if (ticket !== null) return ticket;
    // A `complete` may have reached the server though its answer never came back; and other devices can end a session.
    const session = await this.#rest.session(this.#sessionId);
    onStatus(session.status);
    if (hasEnded(session.status)) throw new Problem(ENDED);
    return ticketOf(await this.#rest.ticket(this.#sessionId));
  }
}

/** @param {import("./restTypes.js").TicketBody} body @returns {Ticket} */
const ticketOf = ({ ticket, ready_in_ms: readyInMs }) => ({ ticket, readyInMs });
