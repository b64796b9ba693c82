// Asks the browser to keep these pages, so that they open without a network.

const PATIENCE_MS = 5_000;

/**
 * Keeps this page and what it has loaded; what it loads from now on is kept as well, so call it before the landmarker is
 * opened. Never fails: where the browser has no service workers, pages need a network.
 */
export async function keepForOffline() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/service-worker.js");
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const page = location.href.split(/[?#]/)[0];
    const lasting = loaded.filter((name) => /\/(assets\/[0-9a-f]{12}|packages)\//.test(name));
    await told(active, [page, ...lasting]);
  } catch (error) {
    console.debug("pages are not kept for offline use", error);
  }
}

/** @param {ServiceWorker | null} worker @param {(string | undefined)[]} addresses */
function told(worker, addresses) {
  return new Promise((/** @type {(over: void) => void} */ over) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => over();
    setTimeout(over, PATIENCE_MS);
    worker?.postMessage({ keep: addresses }, [port2]);
  });
}
