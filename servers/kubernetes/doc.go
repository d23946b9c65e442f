// Package kubernetes runs the FastAPI and the Node service, with a database of
// their own, in a Kubernetes cluster, to be looked at from two sides: from pod to
// pod, and from outside through kubectl port-forward.
//
// It starts no cluster. [Missing] says whether there is one that it may use: one
// that kind made and kubectl is set to, or the context that CORSPROOF_KUBERNETES
// names; nothing is deployed anywhere else. The nodes have to hold the services'
// images already.
//
// Whatever is made there is in a namespace of the run's own, marked with the run's
// folder. [Services.Close] tells the cluster to remove it and doesn't wait until it
// has; what a killed run left, the next [Start] removes. Everything is done by
// kubectl with the manifests in fixtures/kubernetes, as a person would. The package
// decides nothing about what is observed.
//
//	services, err := kubernetes.Start(ctx, kubernetes.Config{Run: run})
//	if err != nil {
//		return err
//	}
//	defer services.Close()
//	forwarded, err := services.Set(ctx, servers.Setup{FastAPI: "http://127.0.0.1:5173"})
package kubernetes
