// Uploads of the page: a request that a test moves on, answers, or lets fail.

export class Transfer {
  constructor(page) {
    Object.assign(this, { page, headers: {}, upload: {}, status: 0, responseText: "", answerHeaders: {}, ended: false });
  }

  open(method, path) { Object.assign(this, { method, path }); }
  setRequestHeader(name, value) { this.headers[name] = value; }
  getResponseHeader(name) { return this.answerHeaders[name.toLowerCase()] ?? null; }

  // An answer that a test has given comes at once, one that it has not when it calls `respond`.
  send(body) {
    this.body = body;
    this.page.transfers.push(this);
    this.page.calls.push({ method: this.method, path: this.path, headers: this.headers, body });
    const answer = this.page.answerTo(this.method, this.path);
    if (answer) queueMicrotask(() => this.respond(answer.status, answer.body, answer.headers));
  }

  progress(loaded, total) { this.upload.onprogress?.({ lengthComputable: true, loaded, total }); }

  respond(status, body = null, headers = {}) {
    if (this.ended) return;
    this.ended = true;
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const responseText = typeof body === "string" ? body : JSON.stringify(body);
    Object.assign(this, { status, responseText, answerHeaders: Object.fromEntries(lower) });
    this.onload?.();
  }

  fail() {
    if (this.ended) return;
    this.ended = true;
    this.onerror?.();
  }

  abort() {
    if (this.ended) return;
    this.ended = true;
    this.onabort?.();
  }
}
