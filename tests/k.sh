#!/bin/sh
cd /out; /build/streamer/ringside-streamer -w s.pb --rate 0 $1 2>s.log & 
n=0; while [ ! -s /out/s.pb ]; do sleep 0.2; n=$((n+1)); [ $n -lt 100 ] || { cat s.log; exit 1; } ; done
/build/testdata/trigger-seccomp all > /out/truth 2>/out/terr; /build/testdata/trigger-oom all >> /out/truth 2>>/out/terr
sleep 0.3; kill -TERM $!; wait $!
/build/streamer/ringside-streamer -w m.pb --rate 0 --ring-size 64M $1 2>m.log & 
while [ ! -s /out/m.pb ]; do sleep 0.2; done
/build/testdata/trigger-storm --tasks 8 --count 10000 > /out/mtruth 2>&1
sleep 0.3; kill -TERM $!; wait $!
/build/streamer/ringside-streamer -w z.pb --rate 0 --ring-size 64M $1 2>m.log & 
while [ ! -s /out/z.pb ]; do sleep 0.2; done
/build/testdata/trigger-storm --tasks 8 --count 10000 --sleepers 60 > /out/ztruth 2>&1
sleep 0.3; kill -TERM $!; wait $!
