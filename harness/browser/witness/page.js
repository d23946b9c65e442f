// Makes calls from a page, as many at a time as it has slots. What became of a call
// is reported through the binding in the order in which calls end. A call that is
// past its deadline is aborted.
//
// Evaluated once per document, as a function of its configuration.
(config) => {
  'use strict';
  const {binding, inlineLimit, prefixLimit, reportBatch, reportDelay, tickDelay} = config;
  const send = globalThis[binding];
  // Reports travel together: each message costs as much as a small call.
  let pending = [];
  let flushing = false;
  function flush() {
    flushing = false;
    const results = pending;
    pending = [];
    if (results.length > 0) send(JSON.stringify(results));
  }
  function report(result) {
    pending.push(result);
    if (pending.length >= reportBatch || running === 0) {
      flush();
    } else if (!flushing) {
      flushing = true;
      setTimeout(flush, reportDelay);
    }
  }
  const queue = [];
  const slots = [];
  let running = 0; // jobs that wait or run

  // Strings hold one byte per code unit, as in the traces.
  function toString(bytes) {
    let s = '';
    for (let i = 0; i < bytes.length; i += 8192) {
      s += String.fromCharCode.apply(null, bytes.subarray(i, i + 8192));
    }
    return s;
  }
  function toBytes(s) {
    const bytes = new Uint8Array(s.length);
    for (let i = 0; i < s.length; i++) bytes[i] = s.charCodeAt(i);
    return bytes;
  }

  function bodyOf(body) {
    if (!body) return undefined;
    const bytes = toBytes(body.bytes);
    switch (body.kind) {
      case 'bytes':
        return bytes;
      case 'blob':
        return new Blob([bytes], {type: body.contentType || ''});
      case 'urlsearchparams':
        return new URLSearchParams(new TextDecoder().decode(bytes));
      case 'formdata': {
        const form = new FormData();
        for (const [name, value] of new URLSearchParams(new TextDecoder().decode(bytes))) form.append(name, value);
        return form;
      }
      case 'stream':
        return new ReadableStream({
          start(controller) {
            if (bytes.length > 0) controller.enqueue(bytes);
            controller.close();
          },
        });
      default:
        return new TextDecoder('utf-8', {ignoreBOM: true}).decode(bytes);
    }
  }

  function initOf(r, signal) {
    const init = {signal};
    if (r.method) init.method = r.method;
    if (r.headers) init.headers = r.headers;
    if (r.body) {
      init.body = bodyOf(r.body);
      if (r.body.kind === 'stream' && !r.body.noDuplex) init.duplex = 'half';
    }
    if (r.mode) init.mode = r.mode;
    if (r.credentials) init.credentials = r.credentials;
    if (r.cache) init.cache = r.cache;
    if (r.redirect) init.redirect = r.redirect;
    if (r.referrer) init.referrer = r.referrer === 'no-referrer' ? '' : r.referrer;
    if (r.referrerPolicy) init.referrerPolicy = r.referrerPolicy;
    if (r.integrity) init.integrity = r.integrity;
    if (r.keepalive) init.keepalive = true;
    return init;
  }

  async function payload(buffer, out) {
    const bytes = new Uint8Array(buffer);
    if (bytes.length <= inlineLimit || !globalThis.crypto?.subtle) {
      out.body = toString(bytes);
      return;
    }
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    out.digest = Array.from(digest, (b) => b.toString(16).padStart(2, '0')).join('');
    out.length = bytes.length;
    out.prefix = toString(bytes.subarray(0, prefixLimit));
  }

  async function callFetch(r, signal, out) {
    let response;
    try {
      response = await fetch(r.url, initOf(r, signal));
    } catch (error) {
      out.error = String(error);
      // The promise is rejected both by a network error and by a request that
      // can't be made at all. Only the latter throws here.
      try {
        new Request(r.url, initOf(r, signal));
        out.kind = 'network-error';
      } catch (refusal) {
        out.kind = 'refused';
        out.error = String(refusal);
      }
      return;
    }
    try {
      await payload(await response.arrayBuffer(), out);
    } catch (error) {
      out.kind = 'network-error';
      out.error = 'reading the body: ' + error;
      return;
    }
    out.kind = 'response';
    out.type = response.type;
    out.status = response.status;
    out.responseURL = response.url;
    out.redirected = response.redirected;
    out.headers = Array.from(response.headers);
  }

  function callXHR(r, signal, out) {
    return new Promise((resolve) => {
      const xhr = new XMLHttpRequest();
      signal.onabort = () => xhr.abort();
      xhr.responseType = 'arraybuffer';
      xhr.onloadend = async () => {
        if (xhr.status === 0) {
          out.kind = 'network-error';
          out.error = 'XMLHttpRequest: error event';
        } else {
          out.kind = 'response';
          out.status = xhr.status;
          out.responseURL = xhr.responseURL;
          out.type = new URL(xhr.responseURL).origin === location.origin ? 'basic' : 'cors';
          out.headers = xhr.getAllResponseHeaders().split('\r\n').filter(Boolean).map((line) => {
            const colon = line.indexOf(':');
            return [line.slice(0, colon), line.slice(colon + 2)]; // behind ": "
          });
          await payload(xhr.response || new ArrayBuffer(0), out);
        }
        resolve();
      };
      try {
        xhr.open(r.method || 'GET', r.url);
        for (const [name, value] of r.headers || []) xhr.setRequestHeader(name, value);
        xhr.withCredentials = r.credentials === 'include';
        if (r.uploadListener) xhr.upload.onprogress = () => {};
        xhr.send(bodyOf(r.body));
      } catch (refusal) {
        xhr.onloadend = null;
        out.kind = 'refused';
        out.error = String(refusal);
        resolve();
      }
    });
  }

  // Absolute without its fragment, as the protocol gives it.
  function normal(url) {
    try {
      const u = new URL(url, location.href);
      u.hash = '';
      return u.href;
    } catch {
      return '';
    }
  }

  // The bytes of all requests with keepalive that a document has in flight are
  // limited, so such calls wait for each other:
  // https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch, step 8.10.
  let kept = Promise.resolve();
  async function alone(work) {
    const before = kept;
    let over;
    kept = new Promise((resolve) => { over = resolve; });
    await before;
    try {
      return await work();
    } finally {
      over();
    }
  }

  // A slot makes one call at a time.
  class Slot {
    constructor() {
      this.busy = false;
      this.deadline = Infinity;
      slots.push(this);
    }
    async make(job) {
      const out = {index: job.index, round: job.round};
      if (job.parse) out.url = normal(job.request.url);
      const call = job.request.api === 'xhr' ? callXHR : callFetch;
      const controller = new AbortController();
      this.deadline = performance.now() + job.timeout;
      const isLate = await new Promise((resolve) => {
        this.expire = resolve;
        call(job.request, controller.signal, out).then(() => resolve(false));
      });
      this.deadline = Infinity;
      if (!isLate) return out;
      controller.abort(); // the browser ends what it has asked for
      return {index: out.index, round: out.round, url: out.url, kind: 'unknown'};
    }
    async run() {
      for (let job = queue.shift(); job; job = queue.shift()) {
        const {request} = job;
        const out = await (request.keepalive && request.body ? alone(() => this.make(job)) : this.make(job));
        running--;
        report(out);
      }
    }
    pump() {
      if (!this.busy) {
        this.busy = true;
        this.run().finally(() => { this.busy = false; });
      }
    }
  }

  // One clock for all slots: a timer for each call would cost more than a part
  // of the calls.
  let clock;
  function tick() {
    const now = performance.now();
    for (const slot of slots) {
      if (slot.deadline <= now) slot.expire(true);
    }
    if (running === 0) {
      clearInterval(clock);
      clock = undefined;
    }
  }

  globalThis.corsproof = {
    // open makes n slots.
    open(n) {
      while (slots.length < n) new Slot();
    },
    // run queues jobs of one round.
    run(round, jobs) {
      for (const job of jobs) {
        job.round = round;
        queue.push(job);
        running++;
      }
      clock ??= setInterval(tick, tickDelay);
      for (const slot of slots) slot.pump();
    },
  };
}
