import { make, setIcon, setText, setAttribute, button } from './dom.js';

// The bar below the stage. A pressed button means: it is on. Its name stays the same, as screen readers and voice control
// need it; what a press will do stands in the tooltip.

export class Bar {
  constructor({ onmicrophone, oncamera, onscreen, onpeople, onsettings, onhelp, onleave }) {
    const canShare = navigator.mediaDevices?.getDisplayMedia !== undefined;
    this.microphone = button({ id: 'microphone', icon: 'microphone', label: 'Microphone', kind: 'tool', onclick: onmicrophone, 'aria-keyshortcuts': 'm' });
    this.camera = button({ id: 'camera', icon: 'camera', label: 'Camera', kind: 'tool', onclick: oncamera, 'aria-keyshortcuts': 'v' });
    this.screen = button({ id: 'screen', icon: 'screen', label: 'Share screen', kind: 'tool', onclick: onscreen, hidden: !canShare, 'aria-keyshortcuts': 's' });
    this.people = button({ id: 'people-toggle', icon: 'people', label: 'People', kind: 'tool', onclick: onpeople, 'aria-controls': 'people', 'aria-keyshortcuts': 'p' });
    this.count = make('span', { class: 'count', 'aria-hidden': 'true' });
    this.people.append(this.count);
    const settings = button({ id: 'settings', icon: 'settings', label: 'Devices', kind: 'tool', onclick: onsettings, 'aria-haspopup': 'dialog' });
    const help = button({ id: 'help', icon: 'help', label: 'Help', kind: 'tool wide-only', onclick: onhelp, 'aria-haspopup': 'dialog' });
    const leave = button({ id: 'leave', icon: 'leave', label: 'Leave', kind: 'tool leave', onclick: onleave });
    this.element = make('div', { class: 'bar', role: 'toolbar', 'aria-label': 'Meeting controls', 'data-testid': 'bar' },
      make('div', { class: 'bar-tools' }, this.microphone, this.camera, this.screen, this.people, settings, help, leave));
  }

  update({ devices, isSharing, isPeopleOpen, count }) {
    const { isAudible } = devices;
    setToggle(this.microphone, devices.audio, isAudible, 'microphone', isAudible ? 'Mute (M)' : devices.audio.phase === 'on' ? 'Unmute (M), or hold Space to speak' : 'Switch the microphone on (M)');
    const isFilming = devices.video.phase === 'on';
    setToggle(this.camera, devices.video, isFilming, 'camera', isFilming ? 'Switch the camera off (V)' : 'Switch the camera on (V)');
    setAttribute(this.screen, 'aria-pressed', isSharing);
    setIcon(this.screen.firstElementChild, isSharing ? 'screen-stop' : 'screen');
    setAttribute(this.screen, 'title', isSharing ? 'Stop sharing (S)' : 'Share a window or the whole screen (S)');
    setAttribute(this.people, 'aria-expanded', isPeopleOpen);
    setAttribute(this.people, 'aria-label', count === 1 ? 'People: only you' : `People: ${count}`);
    setText(this.count, String(count));
  }
}

function setToggle(element, device, isOn, picture, title) {
  setAttribute(element, 'aria-pressed', isOn);
  setAttribute(element, 'aria-busy', device.phase === 'asking' ? 'true' : null);
  element.classList.toggle('is-off', !isOn);
  element.classList.toggle('has-fault', device.phase === 'failed');
  setIcon(element.firstElementChild, isOn ? picture : `${picture}-off`);
  setAttribute(element, 'title', title);
}
