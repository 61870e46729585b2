// SPDX-License-Identifier: Apache-2.0
// A calibration's tables and maps over the scene's picture, which a button folds away.
'use strict';
(function () {
  const {html} = JSON.parse(document.getElementById('calibration-data').textContent);
  const stage = document.getElementById('stage'), holder = document.createElement('div'), fold = document.createElement('button');
  holder.innerHTML = html;  // of our own making: what comes from names is escaped
  fold.id = 'calibration-fold', fold.type = 'button', fold.textContent = 'Hide';
  stage.append(...holder.children, fold);
  fold.addEventListener('click', () => {
    const panel = document.getElementById('calibration');
    panel.hidden = !panel.hidden;
    fold.textContent = panel.hidden ? 'Calibration' : 'Hide';
  });
})();
