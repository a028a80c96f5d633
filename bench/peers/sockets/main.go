// sockets holds many WebSockets with little memory of its own, on either side of a gateway.
//
//	sockets serve ADDRESS                             answers every frame with the same one
//	sockets hold ADDRESS COUNT [HEADER: VALUE]...     opens COUNT through ADDRESS, proves each with one echo, says
//	                                                  "held COUNT", keeps them idle until its standard input ends, and
//	                                                  proves each once more: "alive COUNT"
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	key  = "dGhlIHNhbXBsZSBub25jZQ=="
)

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "serve":
		serve(os.Args[2])
	case len(os.Args) >= 4 && os.Args[1] == "hold":
		count, err := strconv.Atoi(os.Args[3])
		if err != nil {
			log.Fatal(err)
		}
		hold(os.Args[2], count, os.Args[4:])
	default:
		log.Fatal("sockets serve ADDRESS | sockets hold ADDRESS COUNT [HEADER: VALUE]...")
	}
}

func serve(address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	for {
		socket, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer socket.Close()
			if upgrade(socket) == nil {
				echo(socket)
			}
		}()
	}
}

// A small buffer: ten thousand of them are held.
func upgrade(socket net.Conn) error {
	head, err := readHead(socket)
	if err != nil {
		return err
	}
	asked := ""
	for _, line := range strings.Split(head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Sec-WebSocket-Key") {
			asked = strings.TrimSpace(value)
		}
	}
	if asked == "" {
		fmt.Fprint(socket, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return io.ErrUnexpectedEOF
	}
	sum := sha1.Sum([]byte(asked + guid))
	_, err = fmt.Fprintf(socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	return err
}

// readHead takes no byte beyond the empty line.
func readHead(socket net.Conn) (string, error) {
	var head []byte
	one := make([]byte, 1)
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		if len(head) > 16<<10 {
			return "", io.ErrShortBuffer
		}
		if _, err := socket.Read(one); err != nil {
			return "", err
		}
		head = append(head, one[0])
	}
	return string(head), nil
}

// Frames here are short and masked by the client: two bytes, four of mask, the payload.
func echo(socket net.Conn) {
	frame := make([]byte, 6+125)
	for {
		if _, err := io.ReadFull(socket, frame[:2]); err != nil {
			return
		}
		size := int(frame[1] & 0x7f)
		if frame[1]&0x80 == 0 || size > 125 {
			return
		}
		if _, err := io.ReadFull(socket, frame[2:6+size]); err != nil {
			return
		}
		for at := 0; at < size; at++ {
			frame[6+at] ^= frame[2+at%4]
		}
		frame[5], frame[4] = byte(size), frame[0]
		if _, err := socket.Write(frame[4 : 6+size]); err != nil || frame[0]&0x0f == 8 {
			return
		}
	}
}

func hold(address string, count int, headers []string) {
	sockets := make([]net.Conn, count)
	each(sockets, func(at int) error {
		socket, err := open(address, headers)
		sockets[at] = socket
		if err != nil {
			return err
		}
		return prove(socket)
	})
	fmt.Printf("held %d\n", count)
	bufio.NewReader(os.Stdin).ReadString('\n')
	each(sockets, func(at int) error { return prove(sockets[at]) })
	fmt.Printf("alive %d\n", count)
}

func each(sockets []net.Conn, do func(at int) error) {
	var group sync.WaitGroup
	places := make(chan int)
	for worker := 0; worker < 64; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for at := range places {
				if err := do(at); err != nil {
					log.Fatalf("sockets: number %d of %d: %v", at+1, len(sockets), err)
				}
			}
		}()
	}
	for at := range sockets {
		places <- at
	}
	close(places)
	group.Wait()
}

func open(address string, headers []string) (net.Conn, error) {
	socket, err := net.DialTimeout("tcp", address, 30*time.Second)
	if err != nil {
		return nil, err
	}
	request := "GET /ws HTTP/1.1\r\nHost: " + address + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://" + address +
		"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n"
	for _, header := range headers {
		request += header + "\r\n"
	}
	socket.SetDeadline(time.Now().Add(60 * time.Second))
	if _, err := io.WriteString(socket, request+"\r\n"); err != nil {
		return nil, err
	}
	head, err := readHead(socket)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(head, "HTTP/1.1 101") {
		return nil, fmt.Errorf("answered %q", strings.SplitN(head, "\r\n", 2)[0])
	}
	return socket, nil
}

func prove(socket net.Conn) error {
	socket.SetDeadline(time.Now().Add(60 * time.Second))
	if _, err := socket.Write([]byte{0x81, 0x82, 0, 0, 0, 0, 'h', 'i'}); err != nil {
		return err
	}
	answer := make([]byte, 4)
	if _, err := io.ReadFull(socket, answer); err != nil {
		return err
	}
	if string(answer) != "\x81\x02hi" {
		return fmt.Errorf("echoed %q", answer)
	}
	return nil
}
