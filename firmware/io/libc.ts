/**
 * The calls of the C library that media and signalling need, by koffi, for Linux. Pointers are numbers: addresses inside
 * shared memory, which never moves. This is memory-unsafe; it is used in the media-* files and datagram-batch only, with
 * lengths from fixed slots. Results are the C ones: -1 and errno.
 */
export interface Libc {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: number, length: number) => number;
  readonly connect: (fd: number, address: number, length: number) => number;
  readonly close: (fd: number) => number;
  readonly setsockopt: (fd: number, level: number, option: number, value: number, length: number) => number;
  readonly getsockopt: (fd: number, level: number, option: number, value: number, length: number) => number;
  readonly recv: (fd: number, buffer: number, length: number, flags: number) => number;
  readonly recvfrom: (
    fd: number,
    buffer: number,
    length: number,
    flags: number,
    address: number,
    addressLength: number,
  ) => number;
  readonly send: (fd: number, buffer: number, length: number, flags: number) => number;
  readonly sendto: (
    fd: number,
    buffer: number,
    length: number,
    flags: number,
    address: number,
    addressLength: number,
  ) => number;
  /** Many datagrams by one call; how many there were. timeout: a pointer, 0 for none. */
  readonly recvmmsg: (fd: number, headers: number, count: number, flags: number, timeout: number) => number;
  readonly sendmmsg: (fd: number, headers: number, count: number, flags: number) => number;
  /** timeout: a pointer to a timespec; signals: 0 for those that are blocked already. */
  readonly ppoll: (descriptors: number, count: number, timeout: number, signals: number) => number;
  readonly epoll_create1: (flags: number) => number;
  readonly epoll_ctl: (epoll: number, operation: number, fd: number, event: number) => number;
  readonly epoll_wait: (epoll: number, events: number, eventsMax: number, timeoutMs: number) => number;
  /** With which 0 (PRIO_PROCESS) and who 0 the calling thread alone: Linux keeps a niceness for each. */
  readonly setpriority: (which: number, who: number, niceness: number) => number;
  /** Of the thread who, 0 the calling one; parameters: a pointer to one int, the priority. */
  readonly sched_setscheduler: (who: number, policy: number, parameters: number) => number;
  /** A counter as a descriptor: a thread that waits in epoll is woken by adding to it. */
  readonly eventfd: (initial: number, flags: number) => number;
  readonly eventfd_write: (fd: number, value: number) => number;
  readonly read: (fd: number, buffer: number, length: number) => number;
  /** Of the last call of this thread. */
  readonly errno: () => number;
  /** Where a buffer lies; it must not move as long as the number is used. */
  readonly addressOf: (buffer: SharedArrayBuffer) => number;
}

/** The same numbers on x64, arm64, arm and riscv64. */
export const linux = {
  addressFamilyIpv4: 2,
  addressFamilyIpv6: 10,
  /** SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC. */
  datagramSocket: 2 | 0x800 | 0x8_0000,
  levelIp: 0,
  ipTypeOfService: 1,
  levelIpv6: 41,
  ipv6Only: 26,
  ipv6TrafficClass: 67,
  /** MSG_TRUNC: the length of what came is told, even where it did not fit. */
  messageTruncated: 0x20,
  messageNoSignal: 0x4000,
  messageDontWait: 0x40,
  /** EFD_CLOEXEC | EFD_NONBLOCK. */
  eventCounter: 0x8_0000 | 0x800,
  epollCloseOnExec: 0x8_0000,
  epollAdd: 1,
  epollIn: 1,
  pollIn: 1,
  /** SCHED_RR | SCHED_RESET_ON_FORK. */
  schedulingRoundRobin: 2 | 0x4000_0000,
  errorNames: new Map([
    [11, "EAGAIN"],
    [13, "EACCES"],
    [23, "ENFILE"],
    [24, "EMFILE"],
    [97, "EAFNOSUPPORT"],
    [98, "EADDRINUSE"],
    [99, "EADDRNOTAVAIL"],
    [105, "ENOBUFS"],
    [111, "ECONNREFUSED"],
  ]),
} as const;

/** Null where this is not Linux or koffi has no build for it. */
export async function loadLibc(): Promise<Libc | null> {
  if (process.platform !== "linux") return null;
  try {
    return bindLibc((await import("koffi")).default);
  } catch (error) {
    if (isMissingLibrary(error)) return null;
    throw error;
  }
}

/** koffi says so in words: no build for this platform, or one that the loader refuses. */
function isMissingLibrary(error: unknown): boolean {
  return error instanceof Error && /cannot find|not found|native|dlopen|shared object|unsupported/i.test(error.message);
}

function bindLibc(koffi: typeof import("koffi").default): Libc {
  const library = koffi.load(null);
  return {
    socket: library.func("int socket(int, int, int)"),
    bind: library.func("int bind(int, uintptr_t, uint32_t)"),
    connect: library.func("int connect(int, uintptr_t, uint32_t)"),
    close: library.func("int close(int)"),
    setsockopt: library.func("int setsockopt(int, int, int, uintptr_t, uint32_t)"),
    getsockopt: library.func("int getsockopt(int, int, int, uintptr_t, uintptr_t)"),
    recv: library.func("intptr_t recv(int, uintptr_t, uintptr_t, int)"),
    recvfrom: library.func("intptr_t recvfrom(int, uintptr_t, uintptr_t, int, uintptr_t, uintptr_t)"),
    send: library.func("intptr_t send(int, uintptr_t, uintptr_t, int)"),
    sendto: library.func("intptr_t sendto(int, uintptr_t, uintptr_t, int, uintptr_t, uint32_t)"),
    recvmmsg: library.func("int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)"),
    sendmmsg: library.func("int sendmmsg(int, uintptr_t, uint32_t, int)"),
    ppoll: library.func("int ppoll(uintptr_t, uintptr_t, uintptr_t, uintptr_t)"),
    epoll_create1: library.func("int epoll_create1(int)"),
    epoll_ctl: library.func("int epoll_ctl(int, int, int, uintptr_t)"),
    epoll_wait: library.func("int epoll_wait(int, uintptr_t, int, int)"),
    setpriority: library.func("int setpriority(int, uint32_t, int)"),
    sched_setscheduler: library.func("int sched_setscheduler(int, int, uintptr_t)"),
    eventfd: library.func("int eventfd(uint32_t, int)"),
    eventfd_write: library.func("int eventfd_write(int, uint64_t)"),
    read: library.func("intptr_t read(int, uintptr_t, uintptr_t)"),
    errno: () => koffi.errno(),
    addressOf: (buffer) => Number(koffi.address(new Uint8Array(buffer))),
  };
}
