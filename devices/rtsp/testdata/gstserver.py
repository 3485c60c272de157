"""Serves recorded H.264 and H.265 files (MP4) over RTSP on loopback.

Usage: gstserver.py user password path=file [path=file ...]
Prints "port N" when it listens and ends when standard input ends.
"""
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


def launch(name, path):
    codec = "h265" if name.startswith("hevc") else "h264"
    video = "qtdemux ! %sparse ! rtp%spay name=pay0 pt=96 config-interval=0" % (codec, codec)
    sound = ""
    if name == "sound":
        sound = " audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay1 pt=8"
    return "( filesrc location=%s ! %s%s )" % (path, video, sound)


def main():
    Gst.init(None)
    user, password = sys.argv[1], sys.argv[2]
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest(user, password, token)
    server.set_auth(auth)
    for arg in sys.argv[3:]:
        name, path = arg.split("=", 1)
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch(name, path))
        factory.set_shared(False)
        role = Gst.Structure.new_empty("viewer")
        role.set_value("media.factory.access", True)
        role.set_value("media.factory.construct", True)
        factory.add_role_from_structure(role)
        server.get_mount_points().add_factory("/" + name, factory)
    server.attach(None)
    print("port", server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()

    def until_end():
        sys.stdin.read()
        loop.quit()

    threading.Thread(target=until_end, daemon=True).start()
    loop.run()


main()
