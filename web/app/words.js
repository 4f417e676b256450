// Everything the page has to explain, in one place: plain words, what it means, and what to do about it.

export const PEOPLE_WITH_VIDEO_MAX = 8;

/** While the lobby waits for a server that does not answer. */
export const WAITING = { about: 'room', title: 'The server is out of reach', text: 'Trying again. Check your network if this takes long.' };

const NUMBERS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten', 'Eleven', 'Twelve'];

export function countInWords(count) {
  return NUMBERS[count] ?? String(count);
}

export function peopleInWords(count) {
  return count === 1 ? 'One person' : `${countInWords(count)} people`;
}

const DEVICES = {
  audio: { name: 'microphone', Name: 'Microphone', verb: 'hear' },
  video: { name: 'camera', Name: 'Camera', verb: 'see' },
};

/** Why there is no sound or no picture of yourself. `fault`: see `faultOf` in app/devices.js. */
export function explainDevice(kind, fault) {
  const { name, Name, verb } = DEVICES[kind];
  switch (fault) {
    case 'refused':
      return {
        title: `${Name} not allowed`,
        text: `Your browser keeps the ${name} from this page. Open the site settings beside the address, allow the ${name}, `
          + `then switch it on here. Until then the others cannot ${verb} you.`,
      };
    case 'missing':
      return { title: `No ${name} found`, text: `Connect one and switch it on here. You can join without it.` };
    case 'busy':
      return {
        title: `${Name} is busy`,
        text: `Another program or tab seems to hold the ${name}. Close it there, then switch it on here again.`,
      };
    case 'gone':
      return { title: `${Name} disconnected`, text: `It was unplugged or taken away. Switch it on again to use another one.` };
    case 'insecure':
      return {
        title: `${Name} needs a secure address`,
        text: `Browsers open the ${name} only on pages that come over https://. You can join and listen.`,
      };
    default:
      return { title: `${Name} did not start`, text: `Your browser gave no reason. Try again, or choose another device.` };
  }
}

/** Both at once are one story, not two. */
export function explainDevices(faults) {
  if (faults.audio && faults.audio === faults.video) {
    const both = 'camera and microphone';
    switch (faults.audio) {
      case 'refused':
        return {
          title: 'Camera and microphone not allowed',
          text: `Your browser keeps them from this page. Open the site settings beside the address, allow ${both}, then switch `
            + 'them on here. You can also join as you are: you will see and hear the others.',
        };
      case 'missing':
        return { title: 'No camera, no microphone', text: 'None was found. You can join and will see and hear the others.' };
      case 'insecure':
        return {
          title: 'This address is not secure',
          text: `Browsers open ${both} only on pages that come over https://. You can join and will see and hear the others.`,
        };
    }
  }
  if (faults.video) return explainDevice('video', faults.video);
  if (faults.audio) return explainDevice('audio', faults.audio);
  return null;
}

/** Why a room could not be joined. `about`: what in the lobby the words belong to. `null`: not known here. */
export function explainJoin(code) {
  switch (code) {
    case 'room-full':
      return { about: 'room', title: 'This room is full', text: 'Nobody more fits in. Try again when somebody has left.' };
    case 'invalid-name':
      return {
        about: 'name', title: 'The server did not accept that name',
        text: 'It may be too long or hold invisible characters. Choose another one.',
      };
    case 'invalid-alias':
      return {
        about: 'room', title: 'That is no name for a room',
        text: 'A room’s name is made of the letters a to z, digits and hyphens, 64 at most.',
      };
    case 'unknown-room':
      return { about: 'room', title: 'There is no such room', text: 'Perhaps the meeting is over, or the link is incomplete.' };
    case 'room-ended':
      return { about: 'room', title: 'That meeting has just ended', text: 'Join once more to open the room again.' };
    case 'server-full':
      return { about: 'room', title: 'The server is full', text: 'It holds no more rooms at the moment. Try again a little later.' };
    case 'busy': case 'rate-limited': case 'engine-unavailable':
      return { about: 'room', title: 'The server has too much to do', text: 'Try again in a few seconds.' };
    case 'already-joined':
      return { about: 'room', title: 'You are in this room already', text: 'Look for it in another tab, or load this page again.' };
    default:
      return null;
  }
}

/** What stands on the tile of somebody whose connection is not (yet) there. `null`: all is well. */
export function connectionInWords(state) {
  switch (state) {
    case 'connecting': return 'Connecting…';
    case 'reconnecting': return 'Reconnecting…';
    case 'failed': return 'No direct connection';
    default: return null;
  }
}

/** One line about somebody, for the list and for screen readers. */
export function personInWords({ isSelf, role, media, link, beyond, speaking }) {
  const parts = [];
  if (role === 'host') parts.push('host');
  parts.push(media.audio ? 'microphone on' : 'microphone off', media.video ? 'camera on' : 'camera off');
  if (media.screen) parts.push('shares a screen');
  if (beyond) parts.push('without sound and picture');
  else if (!isSelf && connectionInWords(link) !== null) parts.push(connectionInWords(link).replace('…', '').toLowerCase());
  if (speaking) parts.push('speaking');
  return parts.join(' · ');
}

/** Words for more people than a mesh of video can carry; `null` while everybody fits. */
export function explainCrowd(count, isSelfBeyond) {
  if (count <= PEOPLE_WITH_VIDEO_MAX) return null;
  if (isSelfBeyond) {
    return `${peopleInWords(count)} are here, and you came after the eighth. In a mesh everybody sends to everybody, so this page `
      + 'connects sound and video for the first eight. You move up as soon as one of them leaves.';
  }
  return `${peopleInWords(count)}: a mesh of video needs everybody to send to everybody. This page connects sound and video for the `
    + 'first eight; the others are in the room, but cannot be seen or heard yet.';
}

/** The banner while the server is away. `waiting`: milliseconds until the next try, if known. */
export function explainAway(waiting, hasPeers) {
  const next = waiting > 1500 ? `Trying again in ${Math.round(waiting / 1000)} s.` : 'Trying again.';
  const still = hasPeers
    ? 'The call goes on: sound and video travel directly between you. Only joining and the list of people wait.'
    : 'You keep your place in the room.';
  return { title: 'The server is out of reach', text: `${next} ${still}` };
}

/** Why a screen is not shared. `null`: nobody needs to hear it, they have changed their mind. */
export function explainScreen(error) {
  if (error.name === 'NotAllowedError' && !/system/i.test(error.message)) return null;
  return {
    title: 'The screen cannot be shared',
    text: error.name === 'NotAllowedError'
      ? 'Your computer does not let the browser record the screen. Allow it in the computer’s privacy settings, then try again.'
      : 'Your browser could not record it. Try another window or the whole screen.',
  };
}

/** The page after a meeting. `why`: as `Call` says it. */
export function explainOver(why) {
  switch (why.reason) {
    case 'left': return { title: 'You have left', text: 'Camera and microphone are off.' };
    case 'ended': return { title: 'The meeting is over', text: 'Everybody has left. Camera and microphone are off.' };
    case 'replaced': return { title: 'You are in this meeting elsewhere', text: 'Another tab or device has taken your place.' };
    case 'disconnected': return { title: 'You were away for too long', text: 'The room went on without you. You can join again.' };
    default: return {
      title: 'The connection to the server has ended',
      text: `${why.text ?? 'It does not come back by itself.'} You can try to join again.`,
    };
  }
}
