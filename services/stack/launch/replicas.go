package launch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tasklane/tasklane/services/stack/balance"
	"github.com/tasklane/tasklane/services/stack/child"
	"github.com/tasklane/tasklane/services/stack/port"
)

// maxReplicas is more than a machine that runs everything has a use for.
const maxReplicas = 9

// restartPause is how long a replica that ended is left alone, as it may end
// again at once.
const restartPause = time.Second

// checkInterval is how often the balancers ask each replica whether it is ready.
const checkInterval = time.Second

// headerTimeout is what a client of the balancer has for its headers.
const headerTimeout = 10 * time.Second

// startReplicas starts a service as often as the configuration says, behind a
// balancer on the service's own port.
func (s *stack) startReplicas(ctx context.Context, service service) error {
	if s.config.Replicas == 1 || !service.replicated {
		return s.startService(ctx, service)
	}
	ports, err := port.Free(ctx, 2*s.config.Replicas)
	if err != nil {
		return err
	}
	keeping, end := context.WithCancel(context.WithoutCancel(ctx))
	var kept sync.WaitGroup
	faults := make([]error, s.config.Replicas)
	s.stops = append(s.stops, func() error {
		end()
		kept.Wait()
		return errors.Join(faults...)
	})
	var replicas []balance.Replica
	for i := range s.config.Replicas {
		copied := service.on(ports[2*i], ports[2*i+1])
		copied.name = fmt.Sprintf("%s %d", service.name, i+1)
		process, err := s.startReplica(ctx, copied)
		if err != nil {
			return err
		}
		kept.Go(func() { faults[i] = s.keep(keeping, copied, process) })
		replicas = append(replicas, balance.Replica{URL: "http://127.0.0.1:" + copied.env["PORT"], Ready: copied.ready})
	}
	return s.startBalancer(ctx, net.JoinHostPort("127.0.0.1", service.env["PORT"]), replicas)
}

func (s *stack) startReplica(ctx context.Context, service service) (*child.Child, error) {
	s.console.say("starting %s …", service.name)
	begin := time.Now()
	process, err := s.spawn(service)
	if err != nil {
		return nil, err
	}
	if err := waitReady(ctx, service, process); err != nil {
		return nil, errors.Join(err, s.stopServer(service.name, process))
	}
	s.console.say("%s is ready (%s), for operators on port %s", service.name, since(begin), service.env["OPS_PORT"])
	return process, nil
}

// keep starts a replica again whenever it ends, since the others serve
// meanwhile, and stops it when ctx ends.
func (s *stack) keep(ctx context.Context, service service, process *child.Child) error {
	for {
		select {
		case <-ctx.Done():
			return s.stopServer(service.name, process)
		case <-process.Done():
		}
		s.console.say("%s ended: %s; starting it again …", service.name, process.How())
		if pause(ctx, restartPause) != nil {
			return nil
		}
		var err error
		if process, err = s.spawn(service); err != nil {
			s.fail(err)
			return err
		}
	}
}

// on returns the service on other ports.
func (s service) on(port, opsPort int) service {
	s.env = maps.Clone(s.env)
	s.env["PORT"], s.env["OPS_PORT"] = strconv.Itoa(port), strconv.Itoa(opsPort)
	s.ready = "http://127.0.0.1:" + s.env["OPS_PORT"] + "/readyz"
	return s
}

func (s *stack) startBalancer(ctx context.Context, address string, replicas []balance.Replica) error {
	balancer, err := balance.New(replicas)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: balancer, ReadHeaderTimeout: headerTimeout}
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { balancer.Run(running, checkInterval) })
	background.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("the balancer at %s: %w", address, err))
		}
	})
	s.stops = append(s.stops, func() error {
		err := server.Close() // a stream would not end by itself
		end()
		background.Wait()
		return err
	})
	return nil
}
