// Who practises in this browser: a guest whose token is kept here.

import { Problem } from "./rest.js";

const TOKEN_KEY = "storysign.token";

/**
 * Makes `rest` call as this browser's learner; a new guest where there is none, or where the server knows it no more.
 * @param {import("./rest.js").Rest} rest
 * @returns {Promise<import("./restTypes.js").LearnerBody | null>} null: the server is away, the kept token stays in use
 * @throws {Problem} where the server is away and no token is kept
 */
export async function openAccount(rest) {
  rest.token = keptToken();
  if (rest.token !== null) {
    try {
      return await rest.me();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status !== 401) return null;
      rest.token = null;
    }
  }
  const { learner, token } = await rest.createGuest({
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  keepToken(token);
  return learner;
}

/** Lets this browser's learner go; the next visit makes a new guest. */
export function closeAccount() {
  keepToken(null);
}

/** The token that is kept in this browser. @returns {string | null} */
export function keptToken() {
  try {
    return localStorage.getItem(TOKEN_KEY);
  } catch {
    return null; // the browser keeps nothing for this page
  }
}

/** @param {string | null} token */
function keepToken(token) {
  try {
    if (token === null) localStorage.removeItem(TOKEN_KEY);
    else localStorage.setItem(TOKEN_KEY, token);
  } catch {
    // Nothing is kept then: the guest lasts as long as the page.
  }
}
