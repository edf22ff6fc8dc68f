package position_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi/position"
)

// id returns an id created at a time.
func id(time uint64) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:], time<<16|0x7000)
	binary.BigEndian.PutUint64(id[8:], 0x8000<<48|time*0x9e3779b97f4a7c15>>2)
	return id
}

// check fails unless p is a position after a and before b; an empty b is the end.
func check(t *testing.T, a, p, b string) {
	t.Helper()
	if !position.Valid(p) || p <= a || b != "" && p >= b {
		t.Fatalf("%q is not a position between %q and %q", p, a, b)
	}
}

func FuzzOf(f *testing.F) {
	one, two := id(1), id(2)
	f.Add(one[:], two[:])
	f.Add(bytes.Repeat([]byte{0xff}, 16), make([]byte, 16))
	f.Add(bytes.Repeat([]byte{0x7a}, 16), append(bytes.Repeat([]byte{0x7a}, 15), 0x7b))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if len(a) != 16 || len(b) != 16 {
			return
		}
		if got, want := strings.Compare(position.Of([16]byte(a)), position.Of([16]byte(b))), bytes.Compare(a, b); got != want {
			t.Errorf("positions of %x and %x compare as %d, want %d", a, b, got, want)
		}
	})
}

// FuzzBetween moves resources in a list; each byte of the input is the target of a
// move.
func FuzzBetween(f *testing.F) {
	f.Add([]byte("anything"), uint64(1))
	f.Add(make([]byte, 100), uint64(1<<40))                  // always to the beginning
	f.Add(bytes.Repeat([]byte{255}, 100), uint64(1<<40))     // always to the end
	f.Add(bytes.Repeat([]byte{1}, 100), uint64(0))           // always after the first
	f.Add(bytes.Repeat([]byte{1, 2}, 100), uint64(1<<47))    // into a narrowing gap
	f.Add([]byte{0, 0, 1, 1, 2, 2, 255, 0, 255}, ^uint64(0)) // at the maximum time
	f.Fuzz(func(t *testing.T, places []byte, now uint64) {
		list := []string{position.Of(id(now)), position.Of(id(now + 1))}
		slices.Sort(list)
		for i, place := range places[:min(len(places), 400)] {
			index, newID := int(place)%(len(list)+1), id(now+2+uint64(i))
			a, b := "", ""
			if index > 0 {
				a = list[index-1]
			}
			longest := len(a)
			var p string
			if index < len(list) {
				b = list[index]
				longest = max(longest, len(b))
				p = position.Between(a, b, newID)
			} else {
				p = position.Behind(a, newID)
			}
			check(t, a, p, b)
			if len(p) > max(longest, 22)+5 {
				t.Fatalf("%q between %q and %q is too long", p, a, b)
			}
			list = slices.Insert(list, index, p)
		}
	})
}

func TestPositionsStayShortInManyMovesToOnePlace(t *testing.T) {
	t.Parallel()
	const moves = 400
	first, second := position.Of(id(1<<40)), position.Of(id(1<<40+1))
	for name, move := range map[string]func(a, b, p string) (string, string){
		"to the beginning":  func(_, _, p string) (string, string) { return "", p },
		"before the second": func(a, _, p string) (string, string) { return p, second },
		"after the first":   func(_, _, p string) (string, string) { return first, p },
		"into the last gaps": func(a, b, p string) (string, string) {
			if len(a) < len(p) {
				return a, p
			}
			return p, b
		},
	} {
		a, b := first, second
		if name == "to the beginning" {
			a, b = "", first
		}
		for n := range uint64(moves) {
			p := position.Between(a, b, id(1<<41+n))
			check(t, a, p, b)
			if len(p) > position.MaxLength {
				t.Errorf("%s: after %d moves, a position has %d digits", name, n+1, len(p))
				break
			}
			a, b = move(a, b, p)
		}
	}
}

func TestBetween_MakesDifferentPositionsInOnePlace(t *testing.T) {
	t.Parallel()
	a, b := position.Of(id(1)), position.Of(id(2))
	seen := map[string]bool{}
	for n := range uint64(1000) {
		seen[position.Between(a, b, id(3+n))] = true
	}
	if len(seen) < 999 { // a collision of two has a probability of a thirtieth
		t.Errorf("1000 resources have only %d positions", len(seen))
	}
}

func TestBehind_IsBeforeLaterResources(t *testing.T) {
	t.Parallel()
	last := position.Of(id(1000))
	moved := position.Behind(last, id(1001))
	check(t, last, moved, position.Of(id(1002)))
	// The clock of another server was ahead.
	moved = position.Behind(last, id(900))
	check(t, last, moved, position.Of(id(1001)))
}
