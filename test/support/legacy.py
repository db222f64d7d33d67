"""A database of the original's schema, with all its oddities, made from a seed; and what must come of it, by a model of our own."""

import hashlib
import json
import random

SCHEMA = """
CREATE DATABASE {name} CHARACTER SET utf8mb3;
USE {name};
CREATE TABLE user (id BIGINT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(64), password VARCHAR(64), salt VARCHAR(6), uname VARCHAR(64),
  avatar VARCHAR(255), create_at BIGINT, delete_timestamp BIGINT, KEY (email)) DEFAULT CHARSET=utf8mb4;
CREATE TABLE contact (id BIGINT AUTO_INCREMENT PRIMARY KEY, owner_email VARCHAR(64), dst_obj VARCHAR(64), cate INT, memo VARCHAR(64),
  create_at DATETIME, delete_timestamp BIGINT);
CREATE TABLE community (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(24), owner_email VARCHAR(64), icon VARCHAR(255), memo VARCHAR(255),
  create_at BIGINT, delete_timestamp BIGINT) AUTO_INCREMENT = 1000;
CREATE TABLE message (id BIGINT AUTO_INCREMENT PRIMARY KEY, user_email VARCHAR(64), cmd INT, dst_obj VARCHAR(64), msg_type INT,
  content VARCHAR(255) CHARACTER SET utf8mb4, create_at BIGINT, delete_timestamp BIGINT);
"""
COLUMNS = {
    "user": ("id", "email", "password", "salt", "uname", "avatar", "create_at", "delete_timestamp"),
    "contact": ("id", "owner_email", "dst_obj", "cate", "memo", "create_at", "delete_timestamp"),
    "community": ("id", "name", "owner_email", "icon", "memo", "create_at", "delete_timestamp"),
    "message": ("id", "user_email", "cmd", "dst_obj", "msg_type", "content", "create_at", "delete_timestamp"),
}
PASSWORD = "abc123"
NOW = 1_700_000_000_000


def md5(password, salt):
    return hashlib.md5((password + salt).encode()).hexdigest().upper()


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def insert(table, rows):
    """Statements for rows (tuples in the order of COLUMNS), a few hundred at a time."""
    for at in range(0, len(rows), 400):
        values = ",\n".join("(" + ",".join(map(literal, row)) + ")" for row in rows[at : at + 400])
        yield f"INSERT INTO {table} ({', '.join(COLUMNS[table])}) VALUES {values};\n"


class Legacy:
    """Rows as the original would have them, beside the oddities that years bring."""

    def __init__(self, seed, users=30, groups=5, messages=1500):
        self.random = random.Random(seed)
        self.people = [f"user{i}@example.com" for i in range(users)]
        self.user, self.contact, self.community, self.message = [], [], [], []
        self.members = {}
        self.friends = set()
        self.make_users()
        self.make_groups(groups)
        self.make_contacts()
        self.make_messages(messages)

    def add_user(self, email, uname, password=PASSWORD, deleted=0, salt=None):
        salt = salt if salt is not None else "".join(self.random.choices("abcdef0123456789", k=6))
        hashed = md5(password, salt) if password is not None else None
        self.user.append((len(self.user) + 1, email, hashed, salt, uname, "http://img/a.png", NOW + len(self.user), deleted))

    def make_users(self):
        for i, email in enumerate(self.people):
            self.add_user(email, f"用户 {i} 😀" if i % 3 == 0 else f"User {i}")
        self.add_user(self.people[0].upper(), "the same address again", password="other12")  # the first row logs in
        self.add_user(self.people[1], "deleted twin", password="other12", deleted=NOW)
        self.add_user("gone@example.com", "Gone", deleted=NOW)
        self.add_user(None, "no address")
        self.add_user("", "empty address")
        self.add_user("nopass@example.com", "No password", password=None)
        self.add_user("nosalt@example.com", None, salt="")
        self.user.append((len(self.user) + 1, "bare@example.com", None, None, None, None, None, None))

    def make_groups(self, count):
        for i in range(count):
            owner = self.random.choice(self.people)
            self.community.append((1000 + i, f"群 {i}", owner, "http://img/g.png", None, NOW, 0))
            self.members[1000 + i] = {owner} | set(self.random.sample(self.people, 8))
        self.community.append((1000 + count, "deleted", self.people[0], None, None, NOW, NOW))
        self.community.append((1001 + count, "orphan", "nobody@example.com", None, None, NOW, 0))
        self.members[1001 + count] = {self.people[3], self.people[4]}
        self.orphan = 1001 + count

    def add_contact(self, owner, dst, cate, memo=None, deleted=0):
        self.contact.append((len(self.contact) + 1, owner, dst, cate, memo, "2023-11-14 22:13:20", deleted))

    def make_contacts(self):
        for _ in range(80):
            a, b = self.random.sample(self.people, 2)
            if (a, b) in self.friends:
                continue
            self.friends |= {(a, b), (b, a)}
            self.add_contact(a, b, 1, memo="老同学" if self.random.random() < 0.2 else None)
            self.add_contact(b, a, 1)
        a, b = self.people[5], self.people[6]
        for _ in range(2):  # doubled rows
            self.add_contact(a, b, 1)
        self.friends |= {(a, b), (b, a)}
        self.add_contact(self.people[7], self.people[8].upper(), 1)  # one way only, other letters
        self.friends |= {(self.people[7], self.people[8]), (self.people[8], self.people[7])}
        self.add_contact(self.people[0], "nobody@example.com", 1)
        self.add_contact(self.people[0], self.people[0], 1)
        self.add_contact(self.people[9], self.people[0], 9)
        self.add_contact(None, self.people[0], 1)
        self.deleted_pair = (self.people[10], "gone@example.com")
        self.add_contact(*self.deleted_pair, 1)
        for group, members in self.members.items():
            for member in sorted(members):
                self.add_contact(member, str(group), 2)
                self.add_contact(str(group), member, 2)
        self.add_contact(self.people[0], "999999", 2)
        self.add_contact("999999", self.people[0], 2)

    def text(self):
        kind = self.random.random()
        if kind < 0.05:
            return "长" * 255
        if kind < 0.1:
            return "<b>&amp;</b> '; DROP TABLE user; --\\"
        if kind < 0.2:
            return "😀🎉 @(呵呵)"
        return f"message {self.random.randrange(10**9)}"

    def make_messages(self, count):
        groups = list(self.members)
        pairs = sorted(self.friends)
        at = NOW
        for i in range(count):
            at += self.random.randrange(0, 5000)
            kind = self.random.random()
            number = i * 2 + 1 if i < 10 else i + 20  # gaps, as deleted rows leave
            if kind < 0.3:
                group = self.random.choice(groups)
                row = [self.random.choice(sorted(self.members[group])), 11, str(group), 1, self.text(), at, 0]
            else:
                sender, receiver = self.random.choice(pairs)
                row = [sender, 10, receiver, self.random.choice([1, 1, 1, 2, 3]), self.text(), at, 0]
            odd = self.random.random()
            if odd < 0.02:
                row[0] = "stranger@example.com"  # of no user
            elif odd < 0.03:
                row[1], row[2] = 11, "999999"
            elif odd < 0.04:
                row[1] = 15
            elif odd < 0.05:
                row[6] = NOW
            elif odd < 0.06:
                row[4] = None
            elif odd < 0.07:
                row[2] = None
            elif odd < 0.08:
                row[3] = None
            elif odd < 0.09:
                row[0] = None
            self.message.append((number, *row))

    def sql(self, name):
        parts = [SCHEMA.format(name=name)]
        for table in ("user", "community", "contact", "message"):
            parts += insert(table, getattr(self, table))
        return "".join(parts)

    def expected(self):
        """{chat: [(id, sender, type, content, created)]}; a chat is a group's id or a pair of addresses."""
        alive = {row[0] for row in self.community if not row[6]}
        chats = {}
        for number, sender, cmd, dst, kind, content, created, deleted in self.message:
            if deleted or cmd not in (10, 11) or not sender or not dst or (cmd == 11 and int(dst) not in alive):
                continue
            chat = int(dst) if cmd == 11 else tuple(sorted((sender.lower(), dst.lower())))
            chats.setdefault(chat, []).append((number, sender.lower(), 1 if kind is None else kind, content or "", created))
        return chats


def parcel(row, **more):
    """A message as the original's Redis lists have it."""
    number, sender, cmd, dst, kind, content, created, _ = row
    whole = {"id": number, "userEmail": sender, "cmd": cmd, "dstObj": dst, "msgType": kind, "content": content, "createAt": created}
    return json.dumps({key: value for key, value in {**whole, **more}.items() if value is not None}, ensure_ascii=False)
