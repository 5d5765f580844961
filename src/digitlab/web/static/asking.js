// Asking the server.

// Does one piece of work at a time. What is wished meanwhile is done next, and of several wishes only the newest: so
// requests never pile up, and the last one is always answered.
export class Latest {
  #work;
  #wish = null;
  #busy = false;

  constructor(work) {
    this.#work = work;
  }

  async ask(wish) {
    this.#wish = { wish };
    if (this.#busy) return;
    this.#busy = true;
    while (this.#wish) {
      const { wish: next } = this.#wish;
      this.#wish = null;
      await this.#work(next);
    }
    this.#busy = false;
  }
}

export async function getJSON(path) {
  return answered(await fetched(path));
}

export async function send(path, picture) {
  const headers = { "Content-Type": picture.type || "application/octet-stream" };
  return answered(await fetched(path, { method: "POST", body: picture, headers }));
}

export async function remove(path) {
  const response = await fetched(path, { method: "DELETE" });
  if (!response.ok) await answered(response);
}

async function fetched(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Is digitlab serve still running?");
  }
}

async function answered(response) {
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(told.error ?? `The server answered ${response.status}.`);
  return told;
}
