// REST of the server these pages come from. Every refusal is a `Problem` with a stable code.

/** @typedef {import("./restTypes.js").LearnerBody} LearnerBody */
/** @typedef {import("./restTypes.js").SessionBody} SessionBody */
/** @typedef {import("./restTypes.js").AttemptBody} AttemptBody */
/** @template Item @typedef {import("./restTypes.js").Paged<Item>} Paged */
/** @typedef {{place: number, waitS: number}} InLine who is number 1 is next; about how many seconds that takes */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */

const TIMEOUT_MS = 20_000;

/** A request that was refused, or that no server answered. */
export class Problem extends Error {
  /**
   * @param {Partial<import("./restTypes.js").ProblemBody> & {place?: number, wait_s?: number}} document RFC 9457
   * @param {number | null} [retryAfterMs] when the server would have it again
   */
  constructor(document, retryAfterMs = null) {
    const { status = 0, code = "unreachable", title = "", detail = "", action = "", place, wait_s: waitS } = document;
    super(detail || title || code);
    this.name = "Problem";
    /** HTTP status; 0 where nothing answered. */
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.action = action;
    this.retryAfterMs = retryAfterMs;
    /** Where all places are taken: the learner's place in line. @type {InLine | null} */
    this.inLine = place === undefined || waitS === undefined ? null : { place, waitS };
  }
}

export class Rest {
  #baseUrl;
  #request;

  /** @param {{token?: string | null, baseUrl?: string, request?: typeof globalThis.fetch}} [options] */
  constructor({ token = null, baseUrl = "", request = globalThis.fetch.bind(globalThis) } = {}) {
    /** The learner's bearer token. */
    this.token = token;
    this.#baseUrl = baseUrl;
    this.#request = request;
  }

  /**
   * A new guest, who is the caller from now on.
   * @param {Partial<import("./restTypes.js").NewLearner>} [wish]
   * @returns {Promise<import("./restTypes.js").CreatedLearner>}
   */
  async createGuest(wish = {}) {
    const created = await this.ask("POST", "/v1/learners", wish);
    this.token = created.token;
    return created;
  }

  /** @returns {Promise<LearnerBody>} */
  me() {
    return this.ask("GET", "/v1/learners/me");
  }

  /** @param {Partial<import("./restTypes.js").LearnerChange>} change @returns {Promise<LearnerBody>} */
  changeMe(change) {
    return this.ask("PATCH", "/v1/learners/me", change);
  }

  /** @returns {Promise<import("./restTypes.js").StoryBody[]>} */
  stories() {
    return this.ask("GET", "/v1/stories");
  }

  /** @param {string} id @returns {Promise<import("./restTypes.js").StoryBody>} */
  story(id) {
    return this.ask("GET", `/v1/stories/${encodeURIComponent(id)}`);
  }

  /** @returns {Promise<import("./restTypes.js").SignBody[]>} */
  signs() {
    return this.ask("GET", "/v1/signs");
  }

  /**
   * @param {Partial<import("./restTypes.js").NewSession>} wish a story's id, or glosses
   * @returns {Promise<import("./restTypes.js").CreatedSession>}
   */
  createSession(wish) {
    return this.ask("POST", "/v1/sessions", wish);
  }

  /** @param {string} id @returns {Promise<SessionBody>} */
  session(id) {
    return this.ask("GET", `/v1/sessions/${id}`);
  }

  /** @param {{status?: string, limit?: number, cursor?: string | null}} [query] @returns {Promise<Paged<SessionBody>>} */
  sessions(query = {}) {
    return this.ask("GET", `/v1/learners/me/sessions${queryText(query)}`);
  }

  /** A fresh ticket for a session's stream. @param {string} id @returns {Promise<import("./restTypes.js").TicketBody>} */
  ticket(id) {
    return this.ask("POST", `/v1/sessions/${id}/ticket`);
  }

  /** @param {string} id @param {"pause" | "resume" | "complete" | "abandon"} name @returns {Promise<SessionBody>} */
  command(id, name) {
    return this.ask("POST", `/v1/sessions/${id}/${name}`);
  }

  /**
   * Stored attempts, newest first.
   * @param {{session_id?: string, sentence_index?: number, successful?: boolean, limit?: number, cursor?: string | null}}
   *   [query]
   * @returns {Promise<Paged<AttemptBody>>}
   */
  attempts(query = {}) {
    return this.ask("GET", `/v1/learners/me/attempts${queryText(query)}`);
  }

  /** @returns {Promise<import("./restTypes.js").ProgressBody>} */
  progress() {
    return this.ask("GET", "/v1/learners/me/progress");
  }

  /**
   * Any request; returns what the server's JSON says.
   * @param {string} method @param {string} path @param {unknown} [body]
   * @returns {Promise<any>}
   * @throws {Problem}
   */
  async ask(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (this.token !== null) headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response;
    let answer = null;
    try {
      response = await this.#request(this.#baseUrl + path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        cache: "no-store",
        credentials: "omit",
      });
      if (response.status !== 204) answer = await response.json();
    } catch (error) {
      // A proxy that answers for a server that is away does not speak JSON.
      throw new Problem({ detail: `The server could not be reached (${String(error)}).` });
    }
    if (response.ok) return answer;
    const retryAfterS = Number(response.headers.get("Retry-After") ?? NaN);
    throw new Problem(
      { status: response.status, ...answer },
      Number.isFinite(retryAfterS) ? 1_000 * retryAfterS : null,
    );
  }
}

/** @param {Query} query */
function queryText(query) {
  const given = Object.entries(query).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]]));
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
