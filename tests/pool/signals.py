"""A job in the background (nohup, or & of a script) ignores signals, and so would all programs that it starts: those under
test must not. What has a handler here is as usual in them."""

import signal

for number in (signal.SIGHUP, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, lambda *_: None)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
