package main

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"
)

const (
	// sampleUsers are simulated in place of all, by whose number the result
	// is multiplied.
	sampleUsers = 1_000_000
	// spread is that of the logarithm of users' tasks: most have few, and few
	// have many.
	spread = 1.3
	// simulatedSeconds of the peak are lived through.
	simulatedSeconds = 20
)

// simulated is what users at random make of the figures of a size.
type simulated struct {
	// fullestShard is the number of tasks in it, and of one of sampleUsers
	// where the size has one server only.
	fullestShard float64
	// notices are messages a second.
	notices float64
	// held is the number of connections that suffice in 99.9 % of moments.
	held int
}

func simulate(s size, seed uint64) simulated {
	random := rand.New(rand.NewPCG(seed, uint64(s.users)))
	return simulated{
		fullestShard: fullestShard(s, random),
		notices:      notices(s, random),
		held:         mostHeld(s, random),
	}
}

// fullestShard puts users of very different sizes on shards by the hash of their
// ids.
func fullestShard(s size, random *rand.Rand) float64 {
	perCell := s.users / float64(s.cells)
	sample := int(math.Min(perCell, sampleUsers))
	filled := make([]float64, shards)
	for n := range sample {
		hash := fnv.New32a()
		hash.Write(strconv.AppendInt([]byte("user-"), int64(n), 10))
		filled[hash.Sum32()%shards] += tasksPerUser * math.Exp(spread*random.NormFloat64()-spread*spread/2)
	}
	var fullest float64
	for _, tasks := range filled {
		fullest = max(fullest, tasks)
	}
	return fullest * perCell / float64(sample)
}

// notices lets writes come to the replicas at random moments, and counts the
// messages that the first write after a silence begins.
func notices(s size, random *rand.Rand) float64 {
	sent := 0
	each := s.demand.writes / float64(s.tasks)
	for range s.tasks {
		gathersUntil := 0.0
		for at := random.ExpFloat64() / each; at < simulatedSeconds; at += random.ExpFloat64() / each {
			if at >= gathersUntil {
				sent++
				gathersUntil = at + gatherTime.Seconds()
			}
		}
	}
	return float64(sent) / simulatedSeconds
}

// mostHeld lets requests come at random and looks how many of them hold a
// connection at once.
func mostHeld(s size, random *rand.Rand) int {
	counts := map[int]int{}
	const looks = 20_000
	for range looks {
		counts[poisson(s.held, random)]++
	}
	seen := 0
	for n := 0; ; n++ {
		if seen += counts[n]; float64(seen) >= 0.999*looks {
			return n
		}
	}
}

// poisson is the number of arrivals where mean are expected.
func poisson(mean float64, random *rand.Rand) int {
	n := 0
	for at := random.ExpFloat64(); at < mean; at += random.ExpFloat64() {
		n++
	}
	return n
}
