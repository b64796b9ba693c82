/** Small choices that this browser remembers; without storage they last as long as the page. */

/** @typedef {{hand: "right" | "left", slow: boolean, handsFree: boolean, cameraChecked: boolean}} Preferences */

const KEY = "storysign.preferences";
/** @type {Preferences} */
const DEFAULTS = { hand: "right", slow: true, handsFree: false, cameraChecked: false };
/** @type {Preferences | null} */
let current = null;

/** @returns {Readonly<Preferences>} */
export function preferences() {
  current ??= { ...DEFAULTS, ...stored() };
  return current;
}

/** @param {Partial<Preferences>} change */
export function prefer(change) {
  current = { ...preferences(), ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that refuses storage still lets one practise.
  }
}

/** @returns {Partial<Preferences>} */
function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}
