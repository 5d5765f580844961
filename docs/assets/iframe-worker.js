// Browsers start no worker from a file; there the search runs in a hidden frame, which answers as a worker would.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.frame = Object.assign(document.createElement("iframe"), { hidden: true });
      const empty = new Promise((resolve) => this.frame.addEventListener("load", resolve, { once: true }));
      document.body.append(this.frame);
      this.loaded = empty.then(() => this.run(address));
    }

    get inside() {
      return this.frame.contentWindow;
    }

    run(address) {
      const inside = this.inside;
      const load = (source) => new Promise((resolve, reject) => {
        const script = inside.document.createElement("script");
        inside.document.body.append(Object.assign(script, { src: source, onload: resolve, onerror: reject }));
      });
      inside.importScripts = (...sources) => sources.reduce((before, source) => before.then(() => load(source)), Promise.resolve());
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      return load(address);
    }

    postMessage(data) {
      this.loaded.then(() => this.inside.dispatchEvent(new this.inside.MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
