// Package rtsp owns looking at one path of a camera: it opens the RTSP stream
// (or the snapshot address), lists what tracks are in it, takes a few key
// frames, decodes them to brightness and hands each one to a function.
//
// It never keeps, writes or sends a picture: every buffer that held one is
// wiped when the function returns, and no error carries a part of it, of a
// password or of an address with a login. It never retries and never judges;
// package picture measures, and the agent decides.
//
// The stream comes from a device that may be hostile. Sizes are read from the
// parameter sets before a byte is decoded. H.264 and H.265 are decoded by an
// ffmpeg process without network, files or privileges; Motion JPEG and
// snapshots by image/jpeg in this process. All code of ours that reads the
// device's bytes recovers from panics, and so does the first parse of the
// session description; what gortsplib does in its own goroutines with RTSP
// headers, RTP and RTCP headers cannot be guarded from outside.
package rtsp
