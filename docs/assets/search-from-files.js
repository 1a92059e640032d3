// Search in pages opened as files: browsers allow no Worker there, so its script runs in a frame of its own instead.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.appendChild(frame)
      this.inner = frame.contentWindow
      this.inner.postMessage = undefined
      this.inner.answer = data => {
        const event = new MessageEvent("message", { data })
        if (this.onmessage) this.onmessage(event)
        this.dispatchEvent(event)
      }
      const page = this.inner.document
      page.open()
      page.write(`<script>var postMessage = data => answer(data)</script><script src="${url}"></script>`)
      page.close()
      this.ready = new Promise(done => frame.addEventListener("load", done))
    }
    postMessage(data) {
      this.ready.then(() => this.inner.dispatchEvent(new this.inner.MessageEvent("message", { data })))
    }
    terminate() {}
  }
}
