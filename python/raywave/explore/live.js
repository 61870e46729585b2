// SPDX-License-Identifier: Apache-2.0
// What both live pages say to the server and hear from it: commands go out; states, frames, gains and errors come back.
'use strict';
const Live = (function () {
  const byId = (id) => document.getElementById(id);
  const number = (value, digits) => Number.isFinite(value) ? value.toFixed(digits).replace('-', '\u2212') : '\u2013';
  const tell = (id, text) => { byId(id).textContent = text; };
  let socket = null;

  function send(command) {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
  }

  /// takes: {state, frame}, functions of a message, called before the page tells of it. file: what keeps the state when the server ends.
  function connect(takes, file) {
    const heard = {
      state: (message) => { tell('live-error', ''); takes.state(message); document.body.dataset.revision = message.revision; },
      frame: (message) => { takes.frame(message); told(message); },
      error: (message) => tell('live-error', message.text),
      saved: (message) => { document.body.dataset.saved = message.revision; },
      gain: gained,
    };
    socket = new WebSocket('ws://' + location.host + location.pathname + 'live');
    socket.onopen = () => { document.body.dataset.connected = 'true'; };
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (heard[message.type]) heard[message.type](message);
    };
    socket.onclose = () => {
      document.body.dataset.connected = 'false';
      tell('live-state', 'The server has ended; what was done is kept in its ' + file + '.');
    };
  }

  const kStages = {paths: 'paths refined, map coarse'};

  function told(message) {
    send({do: 'shown'});
    const time = message.seconds < 1 ? Math.round(1e3 * message.seconds) + ' ms' : number(message.seconds, 1) + ' s';
    tell('live-state', (kStages[message.stage] || message.stage) + ', ' + time + message.warnings.map((text) => '\n' + text).join(''));
    Object.assign(document.body.dataset, {stage: message.stage, shown: message.revision});
    if (message.stage === 'coarse') document.body.dataset.coarse = message.seconds;
  }

  function gained(message) {
    const lines = Object.keys(message.path_gain).map((tx) => {
      const gain = message.path_gain[tx];
      return tx + ': ' + (gain > 0 ? number(10 * Math.log10(gain), 2) + ' dB, ' + message.num_paths[tx] + ' paths' : 'nothing arrives');
    });
    tell('live-gain', 'At (' + message.position_m.map((x) => number(x, 3)).join(', ') + ') m\n' + lines.join('\n'));
    document.body.dataset.gain = JSON.stringify(message);
  }

  return {byId, number, tell, send, connect};
})();
