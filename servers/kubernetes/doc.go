// Package kubernetes runs the FastAPI and the Node service, with a database, in a
// Kubernetes cluster. They can be called from pod to pod, and from outside through
// kubectl port-forward.
//
// It starts no cluster. [Missing] says whether there is one that it may use: a cluster
// of kind that is kubectl's current one, or the context that CORSPROOF_KUBERNETES
// names. It deploys nothing anywhere else. The nodes need the services' images.
//
// Everything is created in a namespace of the run, labelled with the run's folder.
// [Services.Close] tells the cluster to remove the namespace and does not wait for it;
// the next [Start] removes what a killed run left. The package calls kubectl with the
// manifests in fixtures/kubernetes, as a person would. It judges nothing.
//
//	services, err := kubernetes.Start(ctx, kubernetes.Config{Run: run})
//	if err != nil {
//		return err
//	}
//	defer services.Close()
//	forwarded, err := services.Set(ctx, servers.Setup{FastAPI: "http://127.0.0.1:5173"})
package kubernetes
