// Lets the pages open without a network. What has a lasting address is taken from what is kept; a page is asked for, and
// taken from what is kept when nobody answers. REST and the stream are never touched.

/// <reference lib="webworker" />

const CACHE = "storysign-pages-1";
const LASTING = /^\/(assets\/[0-9a-f]{12}|packages|models)\//;
const LEADS_THERE = /^\/models\/[^/]+$/;
const VERSION = /"\/assets\/([0-9a-f]{12})\//;
const SLOW_MS = 4_000;

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("message", (event) => {
  event.waitUntil(keep(event.data.keep).finally(() => event.ports[0]?.postMessage("kept")));
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (LASTING.test(pathname) && !LEADS_THERE.test(pathname)) event.respondWith(keptFirst(request));
  else if (request.mode === "navigate" || LEADS_THERE.test(pathname)) event.respondWith(askFirst(request));
});

/** @param {Request} request */
async function keptFirst(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request.url, answer.clone());
  return answer;
}

/** @param {Request} request */
async function askFirst(request) {
  const cache = await caches.open(CACHE);
  const address = request.url.split(/[?#]/)[0] ?? request.url;
  const kept = await cache.match(address);
  try {
    // A network that hardly works is as bad as none, where there is something to show.
    const patience = kept === undefined ? {} : { signal: AbortSignal.timeout(SLOW_MS) };
    const answer = await fetch(request, patience);
    if (answer.ok && !answer.redirected) await keepPage(cache, address, answer.clone());
    else if (answer.ok) await cache.put(address, answer.clone());
    return answer;
  } catch (error) {
    if (kept !== undefined) return kept;
    throw error;
  }
}

/**
 * Keeps a page, and lets the files of other versions go: no page that is kept refers to them.
 * @param {Cache} cache @param {string} address @param {Response} page
 */
async function keepPage(cache, address, page) {
  await cache.put(address, page.clone());
  const version = VERSION.exec(await page.text())?.[1];
  if (version === undefined) return;
  for (const { url } of await cache.keys()) {
    const { pathname } = new URL(url);
    const stale = pathname.startsWith("/assets/") && !pathname.startsWith(`/assets/${version}/`);
    if (stale) await cache.delete(url);
  }
}

/** Keeps what a page had loaded before this worker was there. @param {string[]} addresses */
async function keep(addresses) {
  const cache = await caches.open(CACHE);
  for (const address of addresses) {
    const { origin, pathname } = new URL(address);
    const isPage = !LASTING.test(pathname);
    if (origin !== location.origin || (await cache.match(address)) !== undefined) continue;
    const answer = await fetch(address);
    if (!answer.ok) continue;
    if (isPage) await keepPage(cache, address, answer);
    else await cache.put(address, answer);
  }
}
