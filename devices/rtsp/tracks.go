package rtsp

import (
	"bytes"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

const maxTracks = 64

// tracks lists the media of a session description (RFC 8866 §5.14), also of
// one that gortsplib refuses: a sound track must be seen in any case.
//
// A track is a back channel if it is "sendonly" while another track is
// "recvonly" (ONVIF Streaming Specification §5.3, which names the directions
// as the client sees them). A "sendonly" without that is what the server
// sends, so it counts as the camera's own track.
func tracks(sdp []byte) []devices.Track {
	var (
		list     []devices.Track
		payload  string
		sendOnly []bool
		receives bool
	)
	for line := range bytes.Lines(sdp) {
		text := strings.TrimRight(string(line), "\r\n")
		if text, ok := strings.CutPrefix(text, "m="); ok {
			if len(list) == maxTracks {
				break
			}
			f := strings.Fields(text)
			if len(f) == 0 {
				continue
			}
			payload = ""
			if len(f) > 3 {
				payload = f[3]
			}
			list = append(list, devices.Track{Kind: word(f[0]), Codec: staticCodec(payload)})
			sendOnly = append(sendOnly, false)
			continue
		}
		if len(list) == 0 {
			continue
		}
		last := len(list) - 1
		switch {
		case text == "a=sendonly":
			sendOnly[last] = true
		case text == "a=recvonly":
			receives = true
		case strings.HasPrefix(text, "a=rtpmap:"):
			pt, codec, ok := strings.Cut(strings.TrimPrefix(text, "a=rtpmap:"), " ")
			if ok && (pt == payload || list[last].Codec == "") {
				name, _, _ := strings.Cut(strings.TrimSpace(codec), "/")
				list[last].Codec = codecName(name)
			}
		}
	}
	for i := range list {
		list[i].BackChannel = sendOnly[i] && receives
	}
	return list
}

// word keeps of a device's text only what a codec or medium name can be.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-._", r):
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), 32)]
}

func codecName(s string) string {
	switch u := strings.ToUpper(word(s)); u {
	case "JPEG":
		return codecMJPEG
	case "HEVC":
		return codecH265
	case "VND.ONVIF.METADATA":
		return "vnd.onvif.metadata"
	default:
		return u
	}
}

// staticCodec names the payload types of RFC 3551 §6 that cameras use.
func staticCodec(payload string) string {
	switch payload {
	case "0":
		return "PCMU"
	case "8":
		return "PCMA"
	case "9":
		return "G722"
	case "10", "11":
		return "L16"
	case "14":
		return "MPA"
	case "26":
		return codecMJPEG
	case "32":
		return "MPV"
	}
	return ""
}
