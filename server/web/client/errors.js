// Two kinds of trouble, two types: what the other side did wrong, and what our own code did wrong.

import { ERRORS } from "./constants.js";

/** The peer broke the contract: close the connection and come back. */
export class ProtocolError extends Error {
  /**
   * @param {number} code row of ERRORS
   * @param {string} text for a person; repeats nothing of what was received
   */
  constructor(code, text) {
    super(`${ERRORS[code]?.name} (${code}): ${text}`);
    this.name = "ProtocolError";
    this.code = code;
    this.text = text;
  }
}

/** A machine was asked for something that its state does not allow: a bug of the caller. */
export class IllegalCall extends Error {
  /** @param {string} text */
  constructor(text) {
    super(text);
    this.name = "IllegalCall";
  }
}
