/* cmd.h: the numbers of frames (PROTOCOL.md). */
#ifndef IM_CHAT_CMD_H
#define IM_CHAT_CMD_H

enum cmd {
    CMD_HEART = 0,
    CMD_ACK = 1,
    CMD_DIRECT = 10,
    CMD_GROUP = 11,
    CMD_ONLINE = 13,
    CMD_OFFLINE = 14,
    CMD_ADD = 15,
    CMD_HELLO = 16,
    CMD_ERROR = 17,
    CMD_SYNC = 18,
    CMD_DELTA = 19,
    CMD_PULL = 20,
    CMD_PAGE = 21,
    CMD_READ = 22,
    CMD_TYPING = 23,
    CMD_RECALL = 24,
    CMD_EDIT = 25,
    CMD_DELETE = 26,
    CMD_REACT = 27,
    CMD_PIN = 28,
    CMD_SET = 29,
    CMD_CONTACT = 30,
    CMD_GROUP_NEWS = 31,
    CMD_SESSION = 32,
    CMD_WATCH = 33,
    CMD_STICKERS = 34,
};

#endif
