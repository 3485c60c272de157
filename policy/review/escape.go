package review

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape makes text of the file safe to stand within a line of Markdown:
// nothing in it can start a link, a table cell, emphasis or HTML, no control
// or invisible direction character passes, and line ends become blanks.
func escape(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		switch {
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || r == unicode.ReplacementChar:
			fmt.Fprintf(&b, "‹U+%04X›", r)
		case strings.ContainsRune("\\`*_[]<>|~&$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// leading makes escaped text safe to begin a line, where "#", "-" or "1."
// would begin a heading or a list.
func leading(s string) string {
	if s != "" && strings.ContainsRune("#+-=:", rune(s[0])) {
		return "\\" + s
	}
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i > 0 && i < len(s) && (s[i] == '.' || s[i] == ')') {
		return s[:i] + "\\" + s[i:]
	}
	return s
}

// capital begins a heading with a capital letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
