/** The targets of a hostile page. */
export interface Targets {
  /** The site. */
  url: string;
  taskId: string;
  /** The attacker's account on the site. The page tries to sign visitors in to it. */
  attacker: { name: string; email: string; password: string };
  /** How long to wait for events that may never happen, in milliseconds. */
  timeoutMs: number;
}

/**
 * Tries everything that a page can do to another site, and returns what it
 * could read. It uses nothing outside itself, so that it can be evaluated in
 * the page.
 */
export async function attack({ url, taskId, attacker, timeoutMs }: Targets): Promise<string[]> {
  const leaks: string[] = [];

  const task = `/api/tasks/${taskId}`;
  const reads = [
    "/",
    "/api/session",
    "/api/bootstrap",
    "/api/agenda",
    "/api/tasks",
    "/api/tasks/stats",
    "/api/changes",
    "/api/events",
    task,
    "/api/auth/get-session",
    "/api/auth/list-sessions",
  ];
  const password = { currentPassword: attacker.password, newPassword: attacker.password, revokeOtherSessions: true };
  const writes: [string, string, Record<string, unknown>][] = [
    ["POST", "/api/tasks", { title: "Planted" }],
    ["POST", "/api/batch", { operations: [{ op: "erase", kind: "task", id: taskId }] }],
    ["PUT", task, { title: "Planted" }],
    ["PATCH", task, { title: "Planted" }],
    ["DELETE", task, {}],
    ["POST", `${task}?_method=DELETE`, {}],
    ["POST", "/api/auth/sign-out", {}],
    ["POST", "/api/auth/sign-in/email", attacker],
    ["POST", "/api/auth/sign-up/email", { ...attacker, email: `another-${attacker.email}` }],
    ["POST", "/api/auth/update-user", { name: "Mallory" }],
    ["POST", "/api/auth/change-password", password],
    ["POST", "/api/auth/revoke-sessions", {}],
  ];
  const types = ["application/json", "text/plain", "application/x-www-form-urlencoded"];

  const encode = (body: Record<string, unknown>, type: string) =>
    type.endsWith("urlencoded") ? new URLSearchParams(body as Record<string, string>).toString() : JSON.stringify(body);

  /** Resolves with the first of the events, or with "nothing" after the timeout. */
  const firstEvent = (target: EventTarget, ...events: string[]) =>
    new Promise<string>((resolve) => {
      for (const event of events) target.addEventListener(event, () => resolve(event), { once: true });
      setTimeout(() => resolve("nothing"), timeoutMs);
    });

  async function tryFetch(address: string, init: RequestInit): Promise<void> {
    try {
      const response = await fetch(address, { credentials: "include", signal: AbortSignal.timeout(timeoutMs), ...init });
      if (response.type !== "opaque") leaks.push(`fetch ${init.method} ${address} (${init.mode}): ${response.status}`);
    } catch {
      // Rejected by the browser or by the site.
    }
  }

  async function tryElement(name: string, attribute: string, path: string): Promise<void> {
    const element = document.createElement(name === "module" ? "script" : name);
    if (name === "module") element.setAttribute("type", "module");
    const outcome = firstEvent(element, "load", "loadedmetadata", "error");
    element.setAttribute(attribute, url + path);
    if (name === "link") element.setAttribute("rel", "stylesheet");
    document.body.append(element);
    if (["load", "loadedmetadata"].includes(await outcome) && !["iframe", "object", "embed"].includes(name)) {
      leaks.push(`<${name}> ${path}`);
    }
    readWindow(`<${name}> ${path}`, (element as HTMLIFrameElement).contentWindow);
    element.remove();
  }

  /** Reads the content of another window, if the browser allows it. */
  function readWindow(source: string, other: Window | null | undefined): void {
    try {
      const text = other?.document.body?.innerText;
      if (text && other?.location.href !== "about:blank") leaks.push(`${source}: ${text}`);
    } catch {
      // The window belongs to another origin.
    }
  }

  async function tryForm(path: string, enctype: string, body: Record<string, unknown>, redirected: boolean): Promise<void> {
    const frame = document.createElement("iframe");
    frame.name = `frame-${Math.random()}`;
    document.body.append(frame);
    const form = document.createElement("form");
    form.method = "post";
    form.enctype = enctype;
    form.target = frame.name;
    form.action = redirected ? `${location.protocol}//${location.host}/redirect?to=${encodeURIComponent(url + path)}` : url + path;
    // As plain text, the name and the value together are a JSON document.
    const fields = enctype === "text/plain" ? { [JSON.stringify(body).replace(/}$/, ',"x":"')]: '"}' } : body;
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value: String(value) });
      form.append(input);
    }
    document.body.append(form);
    const loaded = firstEvent(frame, "load");
    form.submit();
    await loaded;
    readWindow(`form ${path}`, frame.contentWindow);
    frame.remove();
    form.remove();
  }

  async function tryWindow(path: string, post: boolean): Promise<void> {
    const other = window.open(post ? "about:blank" : url + path, `window-${path}-${post}`);
    if (post) {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", enctype: "text/plain", action: url + path, target: `window-${path}-${post}` });
      document.body.append(form);
      form.submit();
    }
    // Its load event cannot be observed: the document belongs to another origin.
    const deadline = performance.now() + timeoutMs;
    const foreign = () => {
      try {
        return other!.location.href !== "about:blank";
      } catch {
        return true;
      }
    };
    while (other && !foreign() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    readWindow(`window ${path}`, other);
    other?.close();
  }

  async function tryStream(): Promise<void> {
    const stream = new EventSource(`${url}/api/events`, { withCredentials: true });
    if ((await firstEvent(stream, "open", "message", "ready", "change", "error")) !== "error") leaks.push("EventSource");
    stream.close();
  }

  async function trySocket(): Promise<void> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/events`);
    if ((await firstEvent(socket, "open", "message", "error")) === "open") leaks.push("WebSocket");
    socket.close();
  }

  const elements: [string, string][] = [
    ["img", "src"],
    ["script", "src"],
    ["module", "src"],
    ["link", "href"],
    ["video", "src"],
  ];
  const frames: [string, string][] = [
    ["iframe", "src"],
    ["object", "data"],
    ["embed", "src"],
  ];
  const documents = ["/", "/api/tasks"];
  const modes: RequestMode[] = ["cors", "no-cors"];
  await Promise.all([
    ...reads.flatMap((path) => modes.flatMap((mode) => ["GET", "HEAD"].map((method) => tryFetch(url + path, { method, mode })))),
    ...reads.flatMap((path) =>
      (documents.includes(path) ? [...elements, ...frames] : elements).map(([name, attribute]) => tryElement(name, attribute, path)),
    ),
    tryStream(),
    trySocket(),
  ]);
  for (const path of documents) await tryWindow(path, false);

  await Promise.all(
    writes.flatMap(([method, path, body]) =>
      types.flatMap((type) => {
        const init = { method, body: encode(body, type), headers: { "content-type": type } };
        return modes.map((mode) => tryFetch(url + path, { ...init, mode }));
      }),
    ),
  );
  const posts = writes.filter(([method]) => method === "POST");
  for (const [, path, body] of posts) {
    navigator.sendBeacon(url + path, new Blob([JSON.stringify(body)], { type: "text/plain" }));
    await Promise.all([
      ...["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"].map((type) => tryForm(path, type, body, false)),
      tryForm(path, "text/plain", body, true),
    ]);
  }
  for (const path of ["/api/tasks", "/api/auth/sign-out"]) await tryWindow(path, true);
  return leaks;
}
