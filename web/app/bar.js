import { make, setIcon, setText, setAttribute, button } from './dom.js';

// The bar below the stage. A pressed button means: it is on. Its word says what a press will do.

export class Bar {
  constructor({ onmicrophone, oncamera, onscreen, onpeople, onsettings, onhelp, onleave }) {
    const canShare = navigator.mediaDevices?.getDisplayMedia !== undefined;
    this.microphone = button({ id: 'microphone', icon: 'microphone', label: 'Mute', kind: 'tool', onclick: onmicrophone, 'aria-keyshortcuts': 'm' });
    this.camera = button({ id: 'camera', icon: 'camera', label: 'Stop video', kind: 'tool', onclick: oncamera, 'aria-keyshortcuts': 'v' });
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
    setToggle(this.microphone, devices.audio, devices.isAudible, 'microphone', 'Mute', devices.audio.phase === 'on' ? 'Unmute' : 'Microphone on');
    setToggle(this.camera, devices.video, devices.video.phase === 'on', 'camera', 'Stop video', 'Start video');
    setAttribute(this.screen, 'aria-pressed', isSharing);
    setIcon(this.screen.firstElementChild, isSharing ? 'screen-stop' : 'screen');
    setText(this.screen.querySelector('.label'), isSharing ? 'Stop sharing' : 'Share screen');
    setAttribute(this.people, 'aria-expanded', isPeopleOpen);
    setAttribute(this.people, 'aria-label', count === 1 ? 'People: only you' : `People: ${count}`);
    setText(this.count, String(count));
  }
}

function setToggle(element, device, isOn, picture, offer, otherwise) {
  setAttribute(element, 'aria-pressed', isOn);
  setAttribute(element, 'aria-busy', device.phase === 'asking' ? 'true' : null);
  element.classList.toggle('is-off', !isOn);
  element.classList.toggle('has-fault', device.phase === 'failed');
  setIcon(element.firstElementChild, isOn ? picture : `${picture}-off`);
  // The name of a toggle stays the same while `aria-pressed` changes; the visible word may differ.
  setAttribute(element, 'aria-label', picture === 'camera' ? 'Camera' : 'Microphone');
  setAttribute(element, 'title', isOn ? offer : otherwise);
  setText(element.querySelector('.label'), isOn ? offer : otherwise);
}
