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

// maxReplicas bounds the replicas on one machine.
const maxReplicas = 9

// restartPause is the delay before a replica is restarted, because it may fail again at once.
const restartPause = time.Second

// checkInterval is the interval of the balancers' readiness checks.
const checkInterval = time.Second

// headerTimeout bounds how long a client of the balancer may take to send headers.
const headerTimeout = 10 * time.Second

// startReplicas starts the configured number of replicas of a service, behind a
// balancer on the service's port.
func (s *stack) startReplicas(ctx context.Context, original service) error {
	if s.config.Replicas == 1 || !original.replicated {
		return s.startService(ctx, original)
	}
	ports, err := port.Free(ctx, 2*s.config.Replicas)
	if err != nil {
		return err
	}
	copies := make([]service, s.config.Replicas)
	replicas := make([]balance.Replica, len(copies))
	for i := range copies {
		copies[i] = original.on(ports[2*i], ports[2*i+1])
		copies[i].name = fmt.Sprintf("%s %d", original.name, i+1)
		replicas[i] = balance.Replica{URL: "http://127.0.0.1:" + copies[i].env["PORT"], Ready: copies[i].ready}
	}
	// The balancer starts first and so stops last: responses to requests in
	// flight still pass through it.
	if err := s.startBalancer(ctx, net.JoinHostPort("127.0.0.1", original.env["PORT"]), replicas); err != nil {
		return err
	}
	supervising, end := context.WithCancel(context.WithoutCancel(ctx))
	var supervisors sync.WaitGroup
	errs := make([]error, len(copies))
	s.stops = append(s.stops, func() error {
		end()
		supervisors.Wait()
		return errors.Join(errs...)
	})
	for i, replica := range copies {
		process, err := s.startProcess(ctx, replica)
		if err != nil {
			return err
		}
		supervisors.Go(func() { errs[i] = s.supervise(supervising, replica, process) })
	}
	return nil
}

// supervise restarts a replica whenever it ends, while the others serve, and stops it when ctx
// ends.
func (s *stack) supervise(ctx context.Context, service service, process *child.Child) error {
	for {
		select {
		case <-ctx.Done():
			return s.stopServer(service.name, process)
		case <-process.Done():
		}
		s.console.printf("%s ended: %s; restarting it …", service.name, process.Status())
		if pause(ctx, restartPause) != nil {
			return nil
		}
		var err error
		if process, err = s.spawn(service); err != nil {
			s.fail(err)
			return nil
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
		err := server.Close() // streams do not end by themselves
		end()
		background.Wait()
		return err
	})
	return nil
}
