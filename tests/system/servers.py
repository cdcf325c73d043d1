"""SMTP servers for mail to go to: aiosmtpd, recording what it took, with faults where a test wants them."""
import asyncio
import socket
import threading

from aiosmtpd.smtp import SMTP

from instance import wait_until


class Listener:
    """A server whose serve(connection) has a thread for each connection, by default on a port that the kernel chooses."""

    def __init__(self, address="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, port), family=family, backlog=100)
        self.address, self.port = self.listener.getsockname()[:2]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Recorder:
    """Takes mail on a port that the kernel chose.

    taken: (sender, recipients, message) of every message. answers: a reply for
    a stage, in place of the usual one: "EHLO", "MAIL", "RCPT", "DATA" (after
    the message); a text, or a function of the argument (None: the usual one).
    """

    def __init__(self, host="127.0.0.1", answers=None):
        self.taken, self.answers = [], answers or {}
        self.socket = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self.socket.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        asyncio.set_event_loop(self.loop)
        make = self.loop.create_server(lambda: SMTP(self, hostname="recorder.example", loop=self.loop, enable_SMTPUTF8=True,
                                                    data_size_limit=0), sock=self.socket)
        self.server = self.loop.run_until_complete(make)
        self.loop.run_forever()

    def close(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def answer(self, stage, argument):
        answer = self.answers.get(stage)
        return answer(argument) if callable(answer) else answer

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        answer = self.answer("EHLO", hostname)
        return [answer] if answer else responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if (answer := self.answer("MAIL", address)):
            return answer
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if (answer := self.answer("RCPT", address)):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        if (answer := self.answer("DATA", envelope)):
            return answer
        self.taken.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return "250 taken"

    def wait(self, count=1):
        wait_until(f"{count} messages at the server, not {len(self.taken)}", lambda: len(self.taken) >= count)
        return self.taken
