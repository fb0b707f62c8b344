#!/bin/sh
cd /out; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do time /build/streamer/ringside-streamer --doctor > d$i.pb 2>>log; done 2>&1 | grep real > times; true
