# SPDX-License-Identifier: Apache-2.0
"""An ssh-agent with one security key (sk-ssh-ed25519): what a token would answer, without the token."""
import base64
import hashlib
import socket
import struct
import threading

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493
TYPE = b"sk-ssh-ed25519@openssh.com"
APPLICATION = b"ssh:"


def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    out = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            out = add(out, point)
        point, scalar = add(point, point), scalar >> 1
    return out


def packed(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x & 1:
        x = P - x
    return x, y, 1, x * y % P


BASE = base_point()


def string(data):
    return struct.pack(">I", len(data)) + data


class SecurityKeyAgent:
    def __init__(self, path, seed=b"\7" * 32):
        digest = hashlib.sha512(seed).digest()
        self.scalar = (int.from_bytes(digest[:32], "little") & (2**254 - 8)) | 2**254
        self.prefix = digest[32:]
        self.public = packed(times(self.scalar, BASE))
        self.blob = string(TYPE) + string(self.public) + string(APPLICATION)
        self.line = TYPE.decode() + " " + base64.b64encode(self.blob).decode()
        self.counter = 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def talk(self, connection):
        with connection, connection.makefile("rwb") as stream:
            while header := stream.read(4):
                message = stream.read(struct.unpack(">I", header)[0])
                stream.write(string(self.answer(message)))
                stream.flush()

    def answer(self, message):
        if message[0] == 11:
            return b"\x0c" + struct.pack(">I", 1) + string(self.blob) + string(b"token")
        if message[0] == 13:
            size = struct.unpack(">I", message[1:5])[0]
            at = 5 + size
            length = struct.unpack(">I", message[at:at + 4])[0]
            return b"\x0e" + string(self.sign(message[at + 4:at + 4 + length]))
        return b"\5"

    def sign(self, data):
        self.counter += 1
        tail = b"\1" + struct.pack(">I", self.counter)  # somebody touched it
        message = hashlib.sha256(APPLICATION).digest() + tail + hashlib.sha256(data).digest()
        nonce = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ORDER
        point = packed(times(nonce, BASE))
        challenge = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little") % ORDER
        answer = (nonce + challenge * self.scalar) % ORDER
        return string(TYPE) + string(point + answer.to_bytes(32, "little")) + tail
