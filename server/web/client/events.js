// An EventTarget whose events have names and details that the type checker knows.

/**
 * @template {object} Events the detail of each event, by its name
 */
export class TypedEvents extends EventTarget {
  /**
   * Calls the listener with each event's detail; returns what ends that.
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} listener
   * @returns {() => void}
   */
  on(name, listener) {
    const handler = (/** @type {Event} */ event) => listener(/** @type {CustomEvent<Events[Name]>} */ (event).detail);
    this.addEventListener(name, handler);
    return () => this.removeEventListener(name, handler);
  }

  /**
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {Events[Name]} detail
   */
  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
