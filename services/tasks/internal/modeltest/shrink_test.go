package modeltest_test

import (
	"maps"
	"slices"
)

// mostTrials bounds how often a sequence is replayed while it is shrunk.
const mostTrials = 1500

// shrink returns a short sequence with simple steps that still fails.
func shrink(steps []step, fails func([]step) bool) []step {
	trials := 0
	try := func(candidate []step) bool {
		trials++
		if len(candidate) == 0 || trials > mostTrials || !fails(candidate) {
			return false
		}
		steps = candidate
		return true
	}
	for before := -1; before != size(steps) && trials <= mostTrials; {
		before = size(steps)
		for chunk := len(steps); chunk > 0; chunk /= 2 {
			for at := 0; at < len(steps); {
				if !try(slices.Delete(slices.Clone(steps), at, min(at+chunk, len(steps)))) {
					at += chunk
				}
			}
		}
		for at := range steps {
			for i := 0; i < len(simpler(steps[at])); {
				candidate := slices.Clone(steps)
				candidate[at] = simpler(steps[at])[i]
				if !try(candidate) {
					i++
				}
			}
		}
	}
	return steps
}

// size is the length of the steps' printed form.
func size(steps []step) int {
	n := 0
	for _, s := range steps {
		n += len(s.String())
	}
	return n
}

// simpler returns simplified variants of a step.
func simpler(s step) []step {
	var all []step
	for i := range s.header {
		other := s
		other.header = slices.Delete(slices.Clone(s.header), i, i+1)
		all = append(all, other)
	}
	for _, b := range s.body.simpler() {
		other := s
		other.body = b
		all = append(all, other)
	}
	return all
}

func (b body) simpler() []body {
	var all []body
	for i := range b.operations {
		other := b
		if other.operations = slices.Delete(slices.Clone(b.operations), i, i+1); len(other.operations) > 0 {
			all = append(all, other)
		}
		for _, operation := range b.operations[i].simpler() {
			other := b
			other.operations = slices.Clone(b.operations)
			other.operations[i] = operation
			all = append(all, other)
		}
	}
	for i, m := range b.members {
		other := b
		if m.inner == nil {
			other.members = slices.Delete(slices.Clone(b.members), i, i+1)
			// Without these, the body would fail for another reason.
			if len(other.members) > 0 && !slices.Contains([]string{"op", "kind", "id", "title", "name"}, m.name) {
				all = append(all, other)
			}
			continue
		}
		for _, inner := range m.inner.simpler() {
			other := b
			other.members = slices.Clone(b.members)
			other.members[i].inner = &inner
			all = append(all, other)
		}
	}
	return all
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
