// Package position makes the positions of resources in their manual order. Only the
// service uses it: to clients, positions are opaque and are only compared, byte by
// byte.
//
// A position is a fraction between 0 and 1, written in base 62 without "0.", so there is
// always another one between two of them. None ends in a zero, so no two texts are the
// same fraction.
package position

import (
	"math/bits"
	"strings"
)

// digits are in byte order.
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

const (
	base = len(digits)
	// idDigits is the number of digits of 128 bits, tailDigits the number of digits
	// that distinguish resources moved to the same place.
	idDigits   = 22
	tailDigits = 4
)

// MaxLength is the length above which all positions are renewed with [Of], after
// hundreds of moves to one place.
const MaxLength = 128

// Of returns the position of a new resource. Positions have the order of ids. An id
// of version 7 begins with the time, so new resources come last.
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

// Between returns a position after a and before b for the resource with the id.
// An empty a is the beginning. The position has a few extra digits, so that two
// resources moved between the same two neighbors have different positions.
func Between(a, b string, id [16]byte) string { return middle(a, b) + tail(id) }

// Behind returns a position after a, the last one, for the resource with the id.
// It is before the positions of resources created later, if the id is new and the
// clock has not been set back since a.
func Behind(a string, id [16]byte) string {
	if p := Of(id); p > a {
		return p
	}
	return a + tail(id)
}

// Valid reports whether a text is a valid position.
func Valid(text string) bool {
	return text != "" && strings.Trim(text, digits) == "" && !strings.HasSuffix(text, digits[:1])
}

// tail returns digits that are almost unique to the id.
func tail(id [16]byte) string {
	all := Of(id)
	return all[max(0, len(all)-tailDigits):]
}

// middle returns a text that is after a and before b, and remains so with any suffix. An
// empty b is the end.
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
