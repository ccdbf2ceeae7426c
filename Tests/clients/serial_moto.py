"""moto's server, unchanged but for one thing: it answers one request at a time.

Its requests share tables without a lock. Of two at once one may be answered with 500, and a transaction that is cancelled
puts back copies of whole tables, over what others have written meanwhile.
"""

import threading

import moto.server


class OneAtATime(moto.server.DomainDispatcherApplication):
    turn = threading.Lock()

    def __call__(self, environ, start_response):
        with self.turn:
            return list(super().__call__(environ, start_response))


if __name__ == "__main__":
    moto.server.DomainDispatcherApplication = OneAtATime
    moto.server.main()
