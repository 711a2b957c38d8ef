/** node-rtp 0.1.1 has no types and its main is missing; this is the part that serves as a second opinion. */
declare module "node-rtp/lib/RtpPacket.js" {
  export class RtpPacket {
    /** payload, or with `isPacket` a whole packet. */
    constructor(bytes: Buffer, isPacket?: boolean);
    marker: boolean;
    type: number;
    seq: number;
    time: number;
    source: number;
    readonly payload: Buffer;
    readonly packet: Buffer;
  }
}
