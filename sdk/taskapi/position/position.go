// Package position makes the texts by which resources stand in their manual
// order. It is what the service does with them; to everybody else a position is
// opaque, and positions are only compared, byte by byte.
//
// A position is a fraction between 0 and 1, written in base 62 without "0.":
// there is always another one between two of them. None ends in a zero, so no
// two texts are the same fraction.
package position

import (
	"math/bits"
	"strings"
)

// digits are in the order of their bytes.
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

const (
	base = len(digits)
	// idDigits is the number of digits of 128 bits, tailDigits that of those
	// which tell apart what is put into the same place.
	idDigits   = 22
	tailDigits = 4
)

// MaxLength is the length beyond which positions are made anew, by [Of]. It takes
// hundreds of moves to one place.
const MaxLength = 128

// Of returns the position of a new resource, which is in the order of ids. An id
// of version 7 begins with the time, so new resources are behind older ones.
func Of(id [16]byte) string {
	var text [idDigits]byte
	var high, low uint64
	for i := range 8 {
		high, low = high<<8|uint64(id[i]), low<<8|uint64(id[8+i])
	}
	for i := idDigits - 1; i >= 0; i-- {
		var rest uint64
		high, rest = high/uint64(base), high%uint64(base)
		low, rest = bits.Div64(rest, low, uint64(base))
		text[i] = digits[rest]
	}
	return strings.TrimRight(string(text[:]), digits[:1])
}

// Between returns a position behind a and before b for the resource with the id.
// An empty a is the beginning. It is a few digits longer than it has to be, so
// that two resources which are put between the same two others have different
// ones.
func Between(a, b string, id [16]byte) string { return middle(a, b) + tail(id) }

// Behind returns a position behind a, the last one, for the resource with the id.
// It is before the positions of resources that will be created, if the id has been
// made now and the clock has not been set back since a.
func Behind(a string, id [16]byte) string {
	if p := Of(id); p > a {
		return p
	}
	return a + tail(id)
}

// Valid reports whether a text can be a position.
func Valid(text string) bool {
	return text != "" && strings.Trim(text, digits) == "" && !strings.HasSuffix(text, digits[:1])
}

// tail returns digits that hardly any other id has.
func tail(id [16]byte) string {
	all := Of(id)
	return all[max(0, len(all)-tailDigits):]
}

// middle returns a text behind a and before b, which stays there whatever is
// appended to it. An empty b is the end.
func middle(a, b string) string {
	low, high := 0, base
	if a != "" {
		low = strings.IndexByte(digits, a[0])
	}
	if b != "" {
		high = strings.IndexByte(digits, b[0])
	}
	rest := a[min(1, len(a)):]
	switch high - low {
	case 0:
		return b[:1] + middle(rest, b[1:])
	case 1:
		return digits[low:low+1] + middle(rest, "")
	default:
		return digits[(low+high)/2:][:1]
	}
}
