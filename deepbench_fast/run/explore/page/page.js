// The explorer's own page: a socket to the program that serves it, as the model of the view.
// An answer is a number of bytes (32 bits, little end first), so many bytes of JSON, then its buffers, whose `sizes`
// stand in the JSON.

class Socket {
  constructor() {
    this.waiting = [];
    this.socket = new WebSocket(`ws://${location.host}/socket${location.search}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.waiting.splice(0).forEach((text) => this.socket.send(text));
    this.socket.onmessage = ({ data }) => {
      const length = new DataView(data).getUint32(0, true);
      const answer = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
      let from = 4 + length;
      const buffers = answer.sizes.map((size) => new DataView(data, (from += size) - size, size));
      this.heard(answer, buffers);
    };
    this.socket.onclose = () => {
      document.getElementById("ended").hidden = false;
    };
  }

  on(name, heard) {
    this.heard = heard;
  }

  send(request) {
    const text = JSON.stringify(request);
    if (this.socket.readyState === WebSocket.CONNECTING) this.waiting.push(text);
    else this.socket.send(text);
  }
}

render({ model: new Socket(), el: document.getElementById("explorer") });
